"""Prints the path of a Chromium for the browser tests, and installs one where it may.

    python -m tools.ensure_chromium

Looks at MODELINSPECT_CHROMIUM, then at the usual names on PATH. As root on a Debian it installs
the distribution's own package; anywhere else it says what to install.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

VARIABLE = "MODELINSPECT_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
PACKAGES = ("chromium", "fonts-dejavu-core")
"""The fonts come along because a screenshot without any shows empty boxes."""


class NoChromium(Exception):
    """There is no browser here; the text says what to do."""


def find_chromium() -> str | None:
    """Path of an installed Chromium, or none.

    Raises:
        NoChromium: The variable names something that cannot be run.
    """
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return next(filter(None, map(shutil.which, NAMES)), None)
    found = shutil.which(wanted)
    if found is None:
        raise NoChromium(f"{VARIABLE} is {wanted!r}, which is no program. Correct or unset it.")
    return found


def can_install() -> bool:
    """Whether this process may install Debian's packages."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_chromium() -> None:
    """Install Debian's package, showing its output only when it fails.

    Raises:
        NoChromium: The package manager failed; its last lines are in the text.
    """
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *PACKAGES]
    for command in (["apt-get", "update", "-q"], install):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            last = "\n".join((done.stdout + done.stderr).splitlines()[-10:])
            raise NoChromium(f"`{' '.join(command)}` failed:\n{last}\nInstall Chromium by hand.")


def ensure_chromium() -> str:
    """Path of a Chromium, installed now if need be.

    Raises:
        NoChromium: There is none and this process cannot install one.
    """
    found = find_chromium()
    if found is None and can_install():
        print("Installing Chromium for the browser tests…", file=sys.stderr, flush=True)
        install_chromium()
        found = find_chromium()
    if found is None:
        raise NoChromium(
            "No Chromium found. Install one (Debian, Ubuntu: `sudo apt-get install chromium`; "
            f"macOS: `brew install --cask chromium`), or set {VARIABLE} to the path of yours."
        )
    return found


if __name__ == "__main__":
    try:
        print(ensure_chromium())
    except NoChromium as error:
        raise SystemExit(str(error)) from None
