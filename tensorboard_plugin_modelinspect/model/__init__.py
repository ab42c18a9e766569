"""The neutral model: what every format becomes and all that analyses and views see. No I/O."""
