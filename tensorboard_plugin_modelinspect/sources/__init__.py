"""Where bytes live: byte sources with positioned reads, folders that confine names, a bounded walk."""
