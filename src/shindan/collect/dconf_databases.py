"""Databases of dconf that administrators make: whether they are newer than their key files. Python 3.6 grammar.

Source: dconf(1), `update`; the key files themselves are facts of kind `text`.
"""

from typing import Iterator, List, Tuple

from shindan.collect.base import Collector
from shindan.collect.root import Root, first_of
from shindan.facts.fact import Fact

_FOLDER = "/etc/dconf/db"
_SIGNS = ("/usr/bin/dconf", _FOLDER, "/etc/dconf/profile")


class DconfDatabases(Collector):
    """One fact for each database that has key files, and one that says whether there is dconf at all."""

    name = "dconf"
    kinds = ("dconf",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        yield Fact("dconf", "*", {"installed": first_of(root, _SIGNS) is not None})
        for name in root.names(_FOLDER):
            if name.endswith(".d") and not name.startswith("."):
                yield _database(root, name[:-2])


def _database(root: Root, name: str) -> Fact:
    made = root.status("{}/{}".format(_FOLDER, name))
    newest, path = _newest(root, "{}/{}.d".format(_FOLDER, name))
    data = {"compiled": made is not None, "up_to_date": made is not None and made.st_mtime_ns >= newest, "newest": path}
    return Fact("dconf", name, data)


def _newest(root: Root, folder: str) -> Tuple[int, str]:
    """The last change below a folder, in nanoseconds since 1970, and of what. Folders change where files go away."""
    paths: List[str] = [folder, folder + "/locks"]
    paths += [base + "/" + name for base in (folder, folder + "/locks") for name in root.names(base)]
    times = [(status.st_mtime_ns, path) for path in paths for status in [root.status(path)] if status is not None]
    return max(times) if times else (0, folder)
