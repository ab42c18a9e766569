"""The TensorBoard plugin: alone in knowing TensorBoard and werkzeug."""
