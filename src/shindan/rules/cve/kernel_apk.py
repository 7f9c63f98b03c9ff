"""Alpine's kernels: `linux-lts 6.6.31-r0` runs as `6.6.31-0-lts`; one version of each is on disk."""

from __future__ import annotations

import re

from shindan.rules.cve.subject import Subject
from shindan.versions import key

_NAME = re.compile(r"^linux-(lts|virt|edge|rpi\d?|asahi|stable|vanilla|grsec|hardened|elm|openpax)$")
_VERSION = re.compile(r"^(.+)-r(\d+)$")


def is_kernel(subject: Subject) -> bool:
    """Whether a package is a kernel."""
    return _NAME.match(subject.name) is not None


is_image = is_kernel


def release_of(subject: Subject) -> str:
    """What `uname -r` says while the package's kernel runs."""
    name, version = _NAME.match(subject.name), _VERSION.match(subject.installed_version)
    return f"{version[1]}-{version[2]}-{name[1]}" if name and version else ""


def runs(subject: Subject, running: str) -> bool:
    """Whether a package is the running kernel."""
    return release_of(subject) == running


def order(subject: Subject) -> bytes:
    """A key by which the newest image comes last."""
    try:
        return key("apk", subject.installed_version)
    except ValueError:
        return b""
