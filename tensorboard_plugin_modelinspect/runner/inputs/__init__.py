"""What a model is called with: from files, expressions, examples, or made up."""
