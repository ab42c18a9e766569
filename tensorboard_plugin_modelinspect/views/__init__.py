"""The doors: command line, TensorBoard, notebook. One engine, one wording."""
