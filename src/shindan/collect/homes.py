"""Home folders of people, and dot files of a closed list in them: what the file system says. Python 3.6 grammar.

Source: login.defs(5) for UID_MIN, shells(5). Homes on network file systems are not visited.
"""

import os
import re
import stat
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple

from shindan.collect.base import Collector
from shindan.collect.mountinfo import mounts
from shindan.collect.plan_homes import DOT_FILES, REMOTE
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

MOST = 2000
"""People whose homes are looked at."""

_UID_MIN = 1000
_NOBODY = (65534, 4294967294)
_NO_SHELL = re.compile(r"/(nologin|false|true|null|sync|shutdown|halt|git-shell)$|^$")


class _Person(NamedTuple):
    name: str
    uid: int
    gid: int
    home: str


class Homes(Collector):
    """A fact a person; one with subject `*` where there are none."""

    name = "homes"
    kinds = ("home",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        remote = _remote(root)
        number = 0
        for number, person in enumerate(_people(root), 1):
            if number > MOST:
                yield self.gap("more than {:,} people".format(MOST))
                return
            yield Fact("home", person.name, _home(root, person, remote))
        if not number:
            yield Fact("home", "*", {"path": ""})


def _people(root: Root) -> Iterator[_Person]:
    least, shells = _uid_min(root), _shells(root)
    try:
        for line in root.lines("/etc/passwd"):
            fields = line.decode("utf-8", "surrogateescape").split(":")
            if len(fields) != 7 or not fields[2].isdigit() or not fields[3].isdigit():
                continue
            uid, shell = int(fields[2]), fields[6]
            lets_in = shell in shells if shells else True
            if uid >= least and uid not in _NOBODY and lets_in and not _NO_SHELL.search(shell):
                yield _Person(fields[0], uid, int(fields[3]), fields[5])
    except FileNotFoundError:
        raise Unavailable("/etc/passwd is missing") from None


def _home(root: Root, person: _Person, remote: Dict[str, str]) -> Dict[str, Any]:
    data: Dict[str, Any] = {"path": person.home, "of": person.uid, "of_group": person.gid}
    hindrance = _hindrance(person.home, remote)
    if hindrance:
        return dict(data, reason=hindrance)
    try:
        status = root.status(person.home)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return dict(data, exists=False)
        return dict(data, exists=True, files=list(_files(root, person.home)), **_rights(status))
    except Unavailable as error:
        return dict(data, reason=str(error))


def _hindrance(home: str, remote: Dict[str, str]) -> str:
    if not home.startswith("/"):
        return "{!r} is no path".format(home)
    folder = os.path.normpath(home)
    while folder != "/":
        if folder in remote:
            return "{} is a file system over the network ({})".format(folder, remote[folder])
        folder = os.path.dirname(folder)
    return ""


def _files(root: Root, home: str) -> Iterator[Dict[str, Any]]:
    present = _names(root, home)
    for name in DOT_FILES:
        if name.split("/")[0] not in present:
            continue
        status = root.status("{}/{}".format(home.rstrip("/"), name), follow=False)
        if status is not None and stat.S_ISREG(status.st_mode):
            yield dict(_rights(status), name=name)


def _names(root: Root, home: str) -> FrozenSet[str]:
    """Only the names of the closed list are kept, and of those only whether they are there."""
    wanted = {name.split("/")[0] for name in DOT_FILES}
    return frozenset(entry.name for entry in root.scan(home) if entry.name in wanted)


def _rights(status: os.stat_result) -> Dict[str, Any]:
    return {"mode": "{:04o}".format(stat.S_IMODE(status.st_mode)), "uid": status.st_uid, "gid": status.st_gid}


def _remote(root: Root) -> Dict[str, str]:
    """Mount points of file systems over the network, with their types."""
    if not root.live:
        return {}
    found: Dict[str, str] = {}
    for one in mounts(root):
        found.pop(one.point, None)
        if one.fstype in REMOTE:
            found[one.point] = one.fstype
    return found


def _uid_min(root: Root) -> int:
    for line in _text(root, "/etc/login.defs"):
        match = re.match(r"^\s*UID_MIN\s+(\d{1,9})\b", line)
        if match is not None:
            return int(match.group(1))
    return _UID_MIN


def _shells(root: Root) -> FrozenSet[str]:
    return frozenset(line.strip() for line in _text(root, "/etc/shells") if line.startswith("/"))


def _text(root: Root, path: str) -> List[str]:
    try:
        return root.text(path)
    except (FileNotFoundError, Unavailable):
        return []
