"""Keys that break HTML, terminals, paths or text encodings."""

import tensorflow as tf

import record

TEXT = [
    "line\nbreak",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "quote\"s and 'single' ones",
    "back\\slash",
    "{{braces}} ${dollar} %(percent)s %d",
    "\U0001f600 emoji",
    "combined e\u0301 and \u00e9",
    "right\u202eto left",
    "\ufeffbyte order mark",
    "\x1b[31mred\x1b[0m\x07 bell",
    "tab\tand\rreturn",
    "nul\0inside",
    "../../etc/passwd",
    "/absolute",
    "C:\\windows",
    "a/b",
    "a//b/",
    ".",
    "constructor",
    "__proto__",
    "toString",
    " blank ends ",
    "long/" + "x" * 200,
    "-rf",
    "0",
    "null",
    "prefix",
    "prefix/more",
    "prefix/more/.ATTRIBUTES/VARIABLE_VALUE",
]
BYTES = [b"caf\xe9", b"\xff\xfe\xff", b"ok", b"\xc3", b"\xed\xa0\x80 surrogate"]


def save(prefix: str, keys: list[bytes]) -> None:
    """One small tensor for each key, its value the position of the key."""
    tensors = [tf.constant(i, tf.int16) for i in range(len(keys))]
    tf.raw_ops.SaveV2(
        prefix=prefix, tensor_names=keys, shape_and_slices=[""] * len(keys), tensors=tensors
    )


def make() -> dict[str, record.Facts]:
    """Keys that are text, and keys that are not, which TensorFlow writes but cannot list."""
    save("text", [key.encode() for key in TEXT])
    save("not_text", BYTES)
    answers = [record.restored_answer("not_text", key, tf.int16) for key in sorted(BYTES)]
    return {
        "text": record.checkpoint(),
        "not_text": record.checkpoint(restored=True, tensors=answers),
    }


if __name__ == "__main__":
    record.main(__file__, make)
