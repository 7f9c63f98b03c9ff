"""One walk over all local file systems: what everybody may write, what belongs to nobody, what runs as another.

Each file system is walked once, wherever else a part of it is mounted; networks, pseudo file systems and containers'
files are left out (`plan_sweep`). Links are not followed. Python 3.6 grammar.
"""

import os
import pwd
import stat
import time
from typing import Any, Dict, FrozenSet, Iterator, List, Set, Tuple

from shindan.collect.account_names import names
from shindan.collect.base import Collector
from shindan.collect.mountinfo import Mount, mounts
from shindan.collect.plan_sweep import LOCAL, PRUNED
from shindan.collect.root import Root
from shindan.facts.fact import Fact

KINDS = ("world_writable", "no_sticky", "unowned", "ungrouped", "setuid", "setgid")
LISTED = 1000
"""Paths told of each; the others are only counted."""

LISTED_BYTES = 256 * 1024
SECONDS = 20.0
"""Of processor time; then the walk is cut short."""

WAITING = 500000
"""Folders that wait to be looked into."""

_LOOK_AT_CLOCK = 64


class Sweep(Collector):
    """Six facts, whatever is found."""

    name = "sweep"
    kinds = ("sweep",)

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        walk = Walk(root, self._seconds)
        walk.run()
        for kind in KINDS:
            found = walk.found[kind]
            data: Dict[str, Any] = {"paths": found.paths, "count": found.count, "walked": walk.walked}
            data["complete"] = not walk.reason
            if walk.reason:
                data["reason"] = walk.reason
            yield Fact("sweep", kind, data)
        if walk.reason:
            yield self.gap(walk.reason)


class _Found:
    """What was found of a kind: the first paths, and how many."""

    def __init__(self) -> None:
        self.paths: List[str] = []
        self.count = 0
        self._bytes = 0

    def add(self, path: str) -> None:
        self.count += 1
        if self.count <= LISTED and self._bytes < LISTED_BYTES:
            self.paths.append(path)
            self._bytes += len(path)


class Walk:
    """The walk itself: `run` fills `found` and `walked`; `reason` says why it did not come to its end, or is ""."""

    def __init__(self, root: Root, seconds: float) -> None:
        self.found = {kind: _Found() for kind in KINDS}
        self.walked = 0
        self.reason = ""
        self._root = root
        self._until = time.process_time() + seconds
        self._base = "" if root.live else root.path
        self._users = _Ids(frozenset(names(root, "/etc/passwd")), root.live, _has_user)
        self._groups = _Ids(frozenset(names(root, "/etc/group")), root.live, _has_group)
        self._hidden = 0

    def run(self) -> None:
        """Walks all of it, or as far as time and memory reach."""
        starts, others = _starts(self._root)
        pruned = frozenset(self._base + path for path in PRUNED) | others
        for start in starts:
            if not self._walk(start, pruned):
                return
        if self._hidden:
            self.reason = "{} folders may be looked into by root only".format(self._hidden)

    def _walk(self, start: str, pruned: FrozenSet[str]) -> bool:
        """False where it was cut short. Folders of another device within are other file systems, walked by themselves,
        unless nothing is mounted there: then they are parts of this one (subvolumes).
        """
        waiting = [start]
        turns = 0
        while waiting:
            turns += 1
            if turns % _LOOK_AT_CLOCK == 0 and time.process_time() > self._until:
                self.reason = "its time was over after {:,} entries, with {:,} folders to go".format(
                    self.walked, len(waiting)
                )
                return False
            if len(waiting) > WAITING:
                self.reason = "more than {:,} folders waited to be looked into".format(WAITING)
                return False
            self._folder(waiting.pop(), waiting, pruned)
        return True

    def _folder(self, folder: str, waiting: List[str], pruned: FrozenSet[str]) -> None:
        try:
            descriptor = os.open(folder or "/", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except PermissionError:
            self._hidden += 1
            return
        except OSError:
            # Gone by now.
            return
        try:
            self._entries(descriptor, folder, waiting, pruned)
        finally:
            os.close(descriptor)

    def _entries(self, descriptor: int, folder: str, waiting: List[str], pruned: FrozenSet[str]) -> None:
        """The hot loop: one lstat an entry, relative to its folder; nothing is looked up twice."""
        users, groups = self._users.known, self._groups.known
        listed = os.listdir(descriptor)
        self.walked += len(listed)
        lstat, folders, links = os.stat, stat.S_IFDIR, stat.S_IFLNK
        for name in listed:
            try:
                status = lstat(name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:
                continue
            mode = status.st_mode
            kind = mode & 0o170000
            if kind == folders:
                path = folder + "/" + name
                if path not in pruned:
                    waiting.append(path)
            if kind != links and (mode & 0o6002 or status.st_uid not in users or status.st_gid not in groups):
                self._note(folder + "/" + name, mode, status.st_uid, status.st_gid)

    def _note(self, path: str, mode: int, uid: int, gid: int) -> None:
        path = path[len(self._base) :]
        found = self.found
        regular = stat.S_ISREG(mode)
        if mode & stat.S_IWOTH:
            if regular:
                found["world_writable"].add(path)
            elif stat.S_ISDIR(mode) and not mode & stat.S_ISVTX:
                found["no_sticky"].add(path)
        if regular and mode & stat.S_ISUID:
            found["setuid"].add(path)
        if regular and mode & stat.S_ISGID:
            found["setgid"].add(path)
        if not self._users.knows(uid):
            found["unowned"].add(path)
        if not self._groups.knows(gid):
            found["ungrouped"].add(path)


class _Ids:
    """Numbers of users or groups that exist; on a live host a directory service is asked for others, once for each."""

    _MOST_ASKED = 200

    def __init__(self, ids: FrozenSet[int], live: bool, exists: Any) -> None:
        self.known: Set[int] = set(ids)
        self._unknown: Set[int] = set()
        self._live, self._exists = live, exists

    def knows(self, number: int) -> bool:
        if number in self.known:
            return True
        if number in self._unknown or not self._live or len(self._unknown) >= self._MOST_ASKED:
            return False
        if self._exists(number):
            self.known.add(number)
            return True
        self._unknown.add(number)
        return False


def _has_user(number: int) -> bool:
    try:
        return bool(pwd.getpwuid(number))
    except (KeyError, OverflowError, OSError):
        return False


def _has_group(number: int) -> bool:
    # Imported here: most hosts know all groups by their own file.
    import grp

    try:
        return bool(grp.getgrgid(number))
    except (KeyError, OverflowError, OSError):
        return False


def _starts(root: Root) -> Tuple[List[str], FrozenSet[str]]:
    """Where to begin, and every mount point on this machine: no walk goes on into another file system by itself."""
    if not root.live:
        return [root.path], frozenset()
    table = mounts(root)
    points = frozenset(one.point for one in table)
    return [one.point.rstrip("/") for one in chosen(table)], points


def chosen(table: List[Mount]) -> List[Mount]:
    """The mounts to walk: local, in sight, and of each file system no part twice; the widest parts first."""
    last = {one.point: one for one in table}
    local = [one for one in last.values() if one.fstype in LOCAL and not _is_pruned(one.point)]
    local.sort(key=lambda one: (len(one.root.rstrip("/")), len(one.point)))
    found: List[Mount] = []
    for one in local:
        if not any(_covers(other, one) for other in found):
            found.append(one)
    return found


def _covers(other: Mount, one: Mount) -> bool:
    """Whether the same device's folder is walked already, or one above it."""
    inside = one.root == other.root or one.root.startswith(other.root.rstrip("/") + "/")
    return other.device == one.device and inside


def _is_pruned(point: str) -> bool:
    return any(point == path or point.startswith(path + "/") for path in PRUNED)
