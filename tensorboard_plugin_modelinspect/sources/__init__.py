"""Where bytes live: positioned reads of files, folders that confine names, listings."""
