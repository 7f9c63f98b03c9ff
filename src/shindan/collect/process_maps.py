"""What a process has mapped: its executable files, and mappings that are writable and executable. Python 3.6 grammar.

Source: proc(5), `/proc/PID/maps`; paths are escaped as `\\012` for a newline.
"""

import re
from typing import Dict, List, NamedTuple

from shindan.collect.proc_process import DELETED

_MOST = 20000
_LONGEST = 8192
_ESCAPED = re.compile(r"\\(\d{3})")


class Maps(NamedTuple):
    """Path to inode of what is mapped executable; paths of those deleted; bad mappings; whether all was read."""

    files: Dict[str, int]
    deleted: List[str]
    executable_stack: bool
    writable_code: int
    whole: bool


def maps(pid: int) -> Maps:
    """The mappings of a process. Raises OSError where it is gone or may not be looked into."""
    files: Dict[str, int] = {}
    deleted: List[str] = []
    stack, writable, whole = False, 0, True
    with open("/proc/{}/maps".format(pid), "rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(_LONGEST), b"")):
            if number >= _MOST:
                whole = False
                break
            # address, rights, offset, device, inode, path; few lines are executable, so the rest is not split.
            at = line.find(b" ")
            if line[at + 3 : at + 4] != b"x":
                continue
            fields = line.rstrip(b"\n").split(None, 5)
            writable += fields[1][1:2] == b"w"
            path = fields[5] if len(fields) == 6 else b""
            if path == b"[stack]":
                stack = True
            elif path.startswith(b"/"):
                name = _ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), path.decode("utf-8", "surrogateescape"))
                if not name.endswith(DELETED):
                    files[name] = int(fields[4])
                elif not name.startswith(("/memfd:", "/dev/zero", "/SYSV", "/[aio]")) and name not in deleted:
                    deleted.append(name)
    return Maps(files, [name[: -len(DELETED)] for name in deleted], stack, writable, whole)
