"""Where a model runs, told from its files: which TensorFlow, TFLite, TF.js, Serving, Keras 3."""
