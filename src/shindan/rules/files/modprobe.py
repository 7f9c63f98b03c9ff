"""What modprobe was told by the files of modprobe.d(5): which modules it must not load, and how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shindan.rules.examined import Examined
from shindan.rules.files.texts import drop_ins

_NOTHING = ("/bin/true", "/usr/bin/true", "/bin/false", "/usr/bin/false", "/sbin/nologin", "/usr/sbin/nologin")


class Modprobe(NamedTuple):
    """Module → where an install line stands that loads nothing; and the modules on the blacklist."""

    blocked: Mapping[str, str]
    blacklisted: frozenset[str]


def configured(host: Examined) -> Modprobe:
    """All of it; names with `_`. Raises CannotTell where the files could not be read."""
    blocked: dict[str, str] = {}
    blacklisted = set()
    for path, lines in drop_ins(host, "modprobe.d").items():
        for line in _joined(lines):
            words = line.split()
            if len(words) < 2 or words[0].startswith("#"):
                continue
            name = words[1].replace("-", "_")
            if words[0] == "install" and len(words) > 2 and words[2] in _NOTHING:
                # The first install line of a module is the one that modprobe runs.
                blocked.setdefault(name, f"{path}: {' '.join(words)}")
            elif words[0] == "install":
                blocked.setdefault(name, "")
            elif words[0] == "blacklist":
                blacklisted.add(name)
    return Modprobe({name: place for name, place in blocked.items() if place}, frozenset(blacklisted))


def _joined(lines: list[str]) -> list[str]:
    """Lines that end in a backslash, with what follows them."""
    found: list[str] = []
    held = ""
    for line in lines:
        if line.endswith("\\"):
            held += line[:-1] + " "
        else:
            found.append((held + line).strip())
            held = ""
    return [*found, held.strip()] if held else found
