"""A `tf.Module` over words: a vocabulary file, strings in and out, three signatures."""

from pathlib import Path

import numpy as np
import tensorflow as tf

TOPICS = {
    "weather": ["rain", "sun", "cloud", "wind", "storm", "snow", "fog", "frost"],
    "kitchen": ["bread", "salt", "soup", "oven", "spoon", "butter", "onion", "cheese"],
    "garden": ["tree", "rose", "soil", "seed", "leaf", "spade", "hedge", "moss"],
}
DIMENSIONS = 12
SEED = 21


def word_vectors() -> np.ndarray:
    """One row for each word, near to the others of its topic, and a last one of zeros.

    Returns:
        Array of shape `(words + 1, DIMENSIONS)`, float32.
    """
    generator = np.random.default_rng(SEED)
    centers = generator.normal(0, 1, (len(TOPICS), 1, DIMENSIONS))
    words = generator.normal(0, 0.35, (len(TOPICS), len(TOPICS["weather"]), DIMENSIONS))
    rows = (centers + words).reshape(-1, DIMENSIONS)
    return np.vstack([rows, np.zeros(DIMENSIONS)]).astype(np.float32)


class TextModule(tf.Module):
    """Finds the topic of a text by the mean of its words' vectors."""

    def __init__(self, vocabulary: Path) -> None:
        super().__init__(name="topics")
        words = [word for topic in TOPICS.values() for word in topic]
        vocabulary.write_text("\n".join(words) + "\n", encoding="utf-8")
        index = tf.lookup.TextFileIndex
        initializer = tf.lookup.TextFileInitializer(
            str(vocabulary), tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER
        )
        self.ids = tf.lookup.StaticHashTable(initializer, default_value=len(words))
        self.vectors = tf.Variable(word_vectors(), name="word_vectors")
        topics = self.vectors[:-1].numpy().reshape(len(TOPICS), -1, DIMENSIONS).mean(axis=1)
        self.topics = tf.Variable(topics, name="topic_vectors")
        self.words = tf.Variable(words, trainable=False, name="words")
        self.names = tf.constant(list(TOPICS))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
    def embed(self, texts):
        """Mean vector of the known words of each text."""
        ids = self.ids.lookup(tf.strings.split(tf.strings.lower(texts)).to_tensor(""))
        known = tf.cast(ids < len(self.words), tf.float32)[..., None]
        total = tf.reduce_sum(tf.gather(self.vectors, ids) * known, axis=1)
        return {"vectors": total / tf.maximum(tf.reduce_sum(known, axis=1), 1.0)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="texts")])
    def classify(self, texts):
        """Topic of each text, and the probability of every topic."""
        scores = tf.matmul(self.embed(texts)["vectors"], self.topics, transpose_b=True)
        probabilities = tf.nn.softmax(scores)
        return {
            "topics": tf.gather(self.names, tf.argmax(probabilities, axis=1)),
            "probabilities": probabilities,
        }

    @tf.function(
        input_signature=[
            tf.TensorSpec([], tf.string, name="word"),
            tf.TensorSpec([], tf.int32, name="count"),
        ]
    )
    def nearest(self, word, count):
        """The words whose vectors are most like that of a word."""
        unit = tf.nn.l2_normalize(self.vectors[:-1], axis=1)
        vector = tf.nn.l2_normalize(self.embed(word[None])["vectors"], axis=1)
        likeness = tf.linalg.matvec(unit, vector[0])
        top = tf.math.top_k(likeness, tf.minimum(count, len(self.words)))
        return {"words": tf.gather(self.words, top.indices), "likeness": top.values}


def save_text_module(folder: Path) -> str:
    """Save the module below `folder`; what was made, in a line."""
    vocabulary = folder.parent / "vocabulary.txt"
    folder.mkdir(parents=True)
    module = TextModule(vocabulary)
    signatures = {
        "serving_default": module.classify,
        "embed": module.embed,
        "nearest": module.nearest,
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)
    vocabulary.unlink()
    return f"a SavedModel with {len(signatures)} signatures and a vocabulary"
