"""Finding artifacts below the logdir, with their state, and keeping the list up to date."""
