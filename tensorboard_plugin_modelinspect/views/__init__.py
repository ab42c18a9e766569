"""The doors: command line, TensorBoard, notebook. They show what the engine says, in one wording."""
