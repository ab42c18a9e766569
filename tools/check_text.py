"""Checks what no other linter does, over all files that git tracks or would add.

    python -m tools.check_text

* No path of one person's machine and no host of a package registry: both are wrong elsewhere.
  `/home/me/` and `/home/you/` are nobody's.
* No Python or TypeScript file above 500 lines, unless a comment in it defends the length:
  `# long because: …` or `// long because: …`.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LONGEST = 500
"""Lines that a source file may have without a reason."""
SOURCE_SUFFIXES = frozenset({".py", ".ts", ".tsx"})

_PRIVATE_PATH = re.compile(
    r"""(?:(?<![\w./-])|(?<=file://))/(?:(?:work|root)/|home/(?!<|me/|you/)[^/\s"']+/)"""
)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
_REASON = re.compile(r"(?:#|//) long because: \S")

_REGISTRIES = frozenset(
    {
        "a4aa2ac280bb8d1a",
        "8b5bb5eb9d758455",
        "8743857e3ea00fd1",
        "3ca29e55be4befa4",
        "87d14f070cb96869",
    }
)
"""Digests of the hosts: two of Python packages, three of JavaScript ones. See `_digest`.

Digests, because this file is checked as well.
"""


def check_text(text: str, *, is_source: bool) -> Iterator[tuple[int, str]]:
    """Yield `(line, complaint)`, lines counted from 1, for one file.

    Args:
        text: The whole file.
        is_source: Whether the rule about long files applies.
    """
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        for match in _PRIVATE_PATH.finditer(line):
            yield number, f"a path of one machine ({match[0]}…); write it relative to the project"
        for host in _HOST.findall(line):
            if _is_registry(host):
                yield number, f"the host of a package registry ({host}); name the package only"
    if is_source and len(lines) > LONGEST and not any(map(_REASON.search, lines)):
        yield (
            len(lines),
            f"{len(lines)} lines, more than {LONGEST}; split the file, or say why not in a "
            "comment `long because: …`",
        )


def list_files() -> list[Path]:
    """Every file that is tracked, or would be by `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"`git ls-files` failed: {done.stderr.strip()} Lint a git checkout.")
    paths = [ROOT / name for name in sorted(set(done.stdout.split("\0"))) if name]
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def read_text(path: Path) -> str | None:
    """The file's text, or none where it holds something else."""
    content = path.read_bytes()
    try:
        return None if b"\0" in content else content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def main() -> int:
    """Print every complaint with its file and line; 1 where there is any, else 0."""
    failed = False
    for path in list_files():
        text = read_text(path)
        if text is not None:
            for line, complaint in check_text(text, is_source=path.suffix in SOURCE_SUFFIXES):
                print(f"{path.relative_to(ROOT)}:{line}: {complaint}")
                failed = True
    return int(failed)


def _is_registry(host: str) -> bool:
    labels = host.lower().split(".")
    return any(_digest(".".join(labels[i:])) in _REGISTRIES for i in range(len(labels) - 1))


def _digest(host: str) -> str:
    return hashlib.sha256(host.encode("ascii")).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
