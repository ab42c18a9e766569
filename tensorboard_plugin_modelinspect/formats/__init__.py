"""One file per on-disk format: bytes become records, records become the neutral model."""
