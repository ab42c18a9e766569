"""What a text that is used as an argument means to the machine: a path, an address, a command."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}://")
_HOST = re.compile(r"(?=[^:]*[A-Za-z.])[A-Za-z0-9][A-Za-z0-9.-]*:[0-9]{2,5}\Z")
_IN_MEMORY = ("local://", "bytes://", "ram://")
"""What TensorFlow takes for an address although nothing is opened."""
_ABSOLUTE = re.compile(r"/|~|\\\\|[A-Za-z]:[\\/]")
_CLIMBS = re.compile(r"(^|[\\/])\.\.([\\/]|$)")
_SENSITIVE = re.compile(
    r"(^|[\\/])(etc|proc|sys|dev|root|boot|run/secrets|var/run|var/spool/cron)[\\/]"
    r"|\.(ssh|aws|azure|kube|docker|gnupg|netrc|npmrc|pypirc|git-credentials|config/gcloud)\b"
    r"|\.(bashrc|bash_profile|bash_history|profile|zshrc)\b|\bid_(rsa|dsa|ecdsa|ed25519)\b"
    r"|authorized_keys|site-packages|dist-packages|[\\/]Windows[\\/]|crontab|[\\/]\.env\b",
    re.IGNORECASE,
)
_SHELL = re.compile(
    r"\$\(|`[^`]+`|\|\s*(ba|z|da)?sh\b|;\s*\w+\s|&&|#!\s*/|\b(bash|sh)\s+-[ci]\b"
    r"|\b(curl|wget|nc|ncat|powershell|chmod|rm\s+-rf|python3?\s+-c)\b\s|/bin/(ba|z|da)?sh\b",
    re.IGNORECASE,
)


class TextMeaning(NamedTuple):
    """What a text may be.

    Attributes:
        is_outside: A path or address that is not below the working folder.
        is_url: An address.
        is_sensitive: It names keys, settings of the system, or code of others.
        is_shell: It has words of a shell.
    """

    is_outside: bool
    is_url: bool
    is_sensitive: bool
    is_shell: bool


def read_meaning(texts: Iterable[str]) -> TextMeaning:
    """The worst that some texts may be."""
    texts = [text for text in texts if not text.startswith(_IN_MEMORY)]
    urls = [text for text in texts if _URL.match(text) or _HOST.match(text)]
    return TextMeaning(
        bool(urls) or any(_ABSOLUTE.match(text) or _CLIMBS.search(text) for text in texts),
        bool(urls),
        any(_SENSITIVE.search(text) for text in texts),
        any(_SHELL.search(text) for text in texts),
    )


def describe_meaning(meaning: TextMeaning) -> str:
    """Words for what is odd; empty if nothing is."""
    if meaning.is_sensitive:
        return "a place of keys, settings or code"
    if meaning.is_shell:
        return "words of a shell"
    if meaning.is_url:
        return "an address"
    return "a path outside of the model" if meaning.is_outside else ""
