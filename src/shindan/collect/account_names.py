"""Names of users and groups by their numbers, from the host's own files. Python 3.6 grammar."""

from typing import Dict

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

_MOST = 200000


def names(root: Root, path: str) -> Dict[int, str]:
    """Number to the first name that has it, of /etc/passwd or /etc/group; empty where it cannot be read."""
    found: Dict[int, str] = {}
    try:
        for number, line in enumerate(root.lines(path)):
            fields = line.split(b":", 3)
            if number >= _MOST:
                break
            if len(fields) == 4 and fields[2].isdigit() and fields[0]:
                found.setdefault(int(fields[2]), fields[0].decode("utf-8", "replace"))
    except (FileNotFoundError, Unavailable):
        pass
    return found
