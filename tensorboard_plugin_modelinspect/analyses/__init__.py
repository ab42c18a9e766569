"""Functions of the neutral model: a model in, a small dataclass out. They never see a file."""
