"""What graphs say: who calls whom, which variables are read, what flows and what it costs."""
