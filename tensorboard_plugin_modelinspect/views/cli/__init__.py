"""The `modelinspect` command: one file per sub-command."""
