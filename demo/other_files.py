"""The trained network in the other files that people keep models in."""

from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def save_other_files(model_file: Path, folder: Path) -> str:
    """Save a `.keras` model below `folder` as weights, in Keras 2's file, and frozen.

    Returns:
        What was made, in a line.
    """
    folder.mkdir(parents=True)
    model = keras.models.load_model(model_file)
    model.save_weights(folder / "shapes.weights.h5")
    model.save(folder / "shapes.h5")
    freeze(model, folder / "shapes_frozen.pb")
    return "weights in HDF5, a model in Keras 2's HDF5, and a frozen graph"


def freeze(model: keras.Model, path: Path) -> None:
    """Write the model's graph with its variables as constants."""
    call = tf.function(lambda picture: model(picture, training=False), autograph=False)
    spec = tf.TensorSpec(model.inputs[0].shape, tf.float32, name="picture")
    frozen = convert_variables_to_constants_v2(call.get_concrete_function(spec))
    tf.io.write_graph(frozen.graph, str(path.parent), path.name, as_text=False)
