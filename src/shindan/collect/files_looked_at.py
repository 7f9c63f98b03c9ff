"""What the file system says of the paths of `plan_files`: type, mode, owner, access control list. Python 3.6 grammar.

Source: stat(2), acl(5). Links are judged by what they lead to, as the programs that open them do.
"""

import os
import stat
from typing import Any, Dict, Iterator, Optional, Set

from shindan.collect.account_names import names
from shindan.collect.allowed import asked
from shindan.collect.base import Collector
from shindan.collect.path_patterns import TooMany, is_pattern, matching
from shindan.collect.plan_files import FILES
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_TYPES = (
    (stat.S_ISREG, "regular"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISBLK, "block"),
    (stat.S_ISCHR, "char"),
)


class Files(Collector):
    """One fact a path, however many patterns match it; then one a pattern."""

    name = "files"
    kinds = ("file",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        also, _, refused = asked(root.also)
        looker = _Looker(root)
        for path in dict.fromkeys(FILES + tuple(also)):
            for fact in looker.pattern(path) if is_pattern(path) else looker.path(path):
                yield fact
        if refused:
            reason = "nobody may ask to look at {}: see MAY_BE_ASKED in plan_files".format(", ".join(refused[:10]))
            yield self.gap(reason)
        if looker.hidden:
            yield self.gap("{} (root may look)".format(looker.hidden))


class _Looker:
    """Looks at each path once. `hidden` is what could not be looked at first."""

    def __init__(self, root: Root) -> None:
        self.hidden = ""
        self._root = root
        self._users, self._groups = names(root, "/etc/passwd"), names(root, "/etc/group")
        self._seen: Set[str] = set()

    def path(self, path: str) -> Iterator[Fact]:
        """The fact of one path, unless it was told before; none where nobody may look."""
        if path in self._seen:
            return
        self._seen.add(path)
        try:
            yield Fact("file", path, self._described(path))
        except Unavailable as error:
            self.hidden = self.hidden or str(error)

    def pattern(self, pattern: str) -> Iterator[Fact]:
        """The facts of what matches a pattern, then that of the pattern."""
        data: Dict[str, Any] = {"type": "pattern", "complete": True}
        hidden, self.hidden = self.hidden, ""
        try:
            for path in matching(self._root, pattern):
                for fact in self.path(path):
                    yield fact
            if self.hidden:
                data.update(complete=False, reason=self.hidden)
        except (TooMany, Unavailable) as error:
            data.update(complete=False, reason=str(error))
        self.hidden = hidden or self.hidden
        yield Fact("file", pattern, data)

    def _described(self, path: str) -> Dict[str, Any]:
        itself = self._root.status(path, follow=False)
        if itself is None:
            return {"type": "absent"}
        data: Dict[str, Any] = {}
        status: Optional[os.stat_result] = itself
        if stat.S_ISLNK(itself.st_mode):
            status = self._root.status(path)
            data = {"type": "absent", "link": True, "target": _leads_to(self._root, path)}
        return data if status is None else dict(data, **self._of(path, status))

    def _of(self, path: str, status: os.stat_result) -> Dict[str, Any]:
        mode = status.st_mode
        data: Dict[str, Any] = {
            "type": next((name for test, name in _TYPES if test(mode)), "regular"),
            "mode": "{:04o}".format(stat.S_IMODE(mode)),
            "uid": status.st_uid,
            "gid": status.st_gid,
        }
        if stat.S_ISREG(mode):
            data["size"] = status.st_size
        for key, name in (("owner", self._users.get(status.st_uid)), ("group", self._groups.get(status.st_gid))):
            if name is not None:
                data[key] = name
        if self._root.has_list(path):
            data["acl"] = True
        return data


def _leads_to(root: Root, path: str) -> str:
    try:
        return root.resolved(path)
    except OSError:
        return root.link(path) or ""
