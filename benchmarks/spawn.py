"""Run a command from a small process and print its seconds and peak memory in bytes.

Linux counts a parent's resident memory at birth into the child's peak, so the parent must be small:
this file imports next to nothing.
"""

import os
import sys
import time


def main() -> int:
    """Run the command in `sys.argv`, its output thrown away; exit as it does."""
    null = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, null, 1)]
    started = time.perf_counter()
    pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{seconds} {usage.ru_maxrss * 1024}\n")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
