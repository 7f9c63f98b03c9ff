"""The lines of the configuration files of `plan_texts`, without their secrets. Python 3.6 grammar."""

import stat
from typing import Any, Dict, Iterator, List, Set

from shindan.collect.allowed import asked, may_be_read
from shindan.collect.base import Collector
from shindan.collect.path_patterns import TooMany, is_pattern, matching
from shindan.collect.plan_texts import TEXTS
from shindan.collect.root import Root
from shindan.collect.secrets_in_texts import reduced
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

MAX_TEXT = 64 * 1024
"""Bytes of one file; of a longer one no line is told."""

MAX_ALL = 8 * 1024 * 1024
"""Bytes of all together."""

_MOST_OF_A_PATTERN = 1000
_NOTHING = "/dev/null"


class Texts(Collector):
    """One fact a file, however many patterns match it; then one a pattern, where all of it could be told."""

    name = "texts"
    kinds = ("text",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        reader = _Reader(root)
        for path in dict.fromkeys(TEXTS + tuple(asked(root.also)[1])):
            for fact in reader.pattern(path) if is_pattern(path) else reader.path(path, literal=True):
                yield fact
        for reason in reader.wrong[:20]:
            yield self.gap(reason)


class _Reader:
    """Reads each file once. `wrong` says which patterns could not be followed."""

    def __init__(self, root: Root) -> None:
        self.wrong: List[str] = []
        self._root = root
        self._left = MAX_ALL
        self._seen: Set[str] = set()

    def pattern(self, pattern: str) -> Iterator[Fact]:
        """The facts of what matches, then that of the pattern; this one only where all of it was found."""
        try:
            for number, path in enumerate(matching(self._root, pattern)):
                if number >= _MOST_OF_A_PATTERN:
                    raise TooMany("more than {:,} match".format(_MOST_OF_A_PATTERN))
                for fact in self._unless_elsewhere(pattern, path):
                    yield fact
        except (TooMany, Unavailable) as error:
            self.wrong.append("{}: {}".format(pattern, error))
            return
        yield Fact("text", pattern, {"pattern": True})

    def _unless_elsewhere(self, pattern: str, path: str) -> Iterator[Fact]:
        """Where /lib leads to /usr/lib, its files are told by that name, and not twice."""
        if pattern.startswith("/lib/") and self._root.link("/lib") is not None:
            return
        for fact in self.path(path, literal=False):
            yield fact

    def path(self, path: str, literal: bool) -> Iterator[Fact]:
        """The fact of one file; what is no regular file is none, unless it is named in the plan."""
        if path in self._seen:
            return
        self._seen.add(path)
        try:
            leads_to = self._root.resolved(path)
            if leads_to == _NOTHING:
                yield Fact("text", path, {"lines": [], "target": leads_to})
                return
            if not may_be_read(path, leads_to):
                raise Unavailable("{} leads to {}, which is not read".format(path, leads_to))
            data: Dict[str, Any] = {"lines": list(reduced(path, self._lines(path)))}
            if leads_to != path:
                data["target"] = leads_to
            yield Fact("text", path, data)
        except FileNotFoundError:
            if literal:
                yield Fact("text", path, {"absent": True})
            else:
                self._seen.discard(path)
        except (OSError, Unavailable) as error:
            if self._may_hold_settings(path):
                yield Fact("text", path, {"truncated": True, "reason": str(error)})

    def _lines(self, path: str) -> List[str]:
        with self._root.opened(path) as stream:
            content = stream.read(MAX_TEXT + 1)
        if len(content) > MAX_TEXT:
            raise Unavailable("{} is longer than {} KiB".format(path, MAX_TEXT // 1024))
        self._left -= len(content)
        if self._left < 0:
            raise Unavailable("all texts together are longer than {} MiB".format(MAX_ALL // 1024**2))
        lines = content.decode("utf-8", "replace").split("\n")
        if lines and not lines[-1]:
            lines.pop()
        return [line[:-1] if line.endswith("\r") else line for line in lines]

    def _may_hold_settings(self, path: str) -> bool:
        """A folder or a socket among the files is nobody's setting."""
        try:
            status = self._root.status(path)
        except Unavailable:
            return True
        return status is not None and stat.S_ISREG(status.st_mode)
