"""Packages that dpkg has on disk. Python 3.6 grammar."""

import re
from typing import Any, Dict, Iterator, List, Optional, Set

from shindan.collect.apt_lists import Identity, attribution
from shindan.collect.base import Collector
from shindan.collect.dpkg import Entry, entries, present
from shindan.collect.root import Root
from shindan.facts.fact import Fact

# States of which dpkg(1) says that files are on disk, all or some; `config-files` and `not-installed` have none.
_ON_DISK = frozenset(
    ["installed", "triggers-pending", "triggers-awaited", "half-configured", "unpacked", "half-installed"]
)
_SOURCE = re.compile(r"^(\S+)(?:\s+\(([^()]*)\))?$")
_TOLD = 3


class DpkgPackages(Collector):
    """One fact for each package whose files are on disk: installed, held, and those left half-way.

    The database is read twice, so that it is never held: once for what is to be looked up in apt's lists.
    """

    name = "dpkg"
    kinds = ("package",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not present(root):
            return
        repositories, unreadable = attribution(root, _identities(root))
        seen: Set[Identity] = set()
        damaged: List[str] = []
        for entry in entries(root):
            wrong = _wrong(entry)
            if wrong:
                damaged.append("{}: {}".format(entry.path, wrong))
            if _told_enough(entry):
                identity = _identity(entry)
                if identity not in seen:
                    seen.add(identity)
                    yield Fact("package", entry.name, _data(entry, repositories.get(identity)))
        if damaged:
            more = " and {} more".format(len(damaged) - _TOLD) if len(damaged) > _TOLD else ""
            reason = "{} damaged entries: {}{}".format(len(damaged), "; ".join(damaged[:_TOLD]), more)
            yield self.gap(reason.replace("1 damaged entries", "1 damaged entry") if len(damaged) == 1 else reason)
        if unreadable:
            reason = "where packages come from is not wholly known: {}; `apt update` writes the lists anew"
            # That a package is there is known all the same.
            yield self.gap(reason.format("; ".join(unreadable[:_TOLD])), kinds=["repository"])


def _identities(root: Root) -> Iterator[Identity]:
    return (_identity(entry) for entry in entries(root) if _told_enough(entry))


def _identity(entry: Entry) -> Identity:
    return entry.name, entry.fields["version"], entry.fields.get("architecture", "")


def _wrong(entry: Entry) -> str:
    """What is wrong with an entry, or "": what dpkg has not installed needs to tell nothing."""
    name = entry.name or "an entry"
    if entry.damage:
        return "{}: {}".format(name, entry.damage) if entry.fields else entry.damage
    if _state(entry) not in _ON_DISK:
        return "" if _state(entry) else "{} has no status".format(name)
    missing = [field for field in ("package", "version", "architecture") if not entry.fields.get(field)]
    return "{} has no {}".format(name, " and no ".join(missing)) if missing else ""


def _told_enough(entry: Entry) -> bool:
    """Whether an entry is of a package on disk and says which; without an architecture it still counts."""
    return _state(entry) in _ON_DISK and bool(entry.name) and bool(entry.fields.get("version"))


def _state(entry: Entry) -> Optional[str]:
    """dpkg's word for the state; None where the entry has lost it."""
    states = entry.states
    if len(states) == 3:
        return states[2]
    return None if states or entry.needs_status else "installed"


def _data(entry: Entry, repository: Optional[str]) -> Dict[str, Any]:
    version = entry.fields["version"]
    data: Dict[str, Any] = {"type": "deb", "version": version, "arch": entry.fields.get("architecture", "")}
    data.update(_source(entry.fields.get("source", ""), entry.name, version))
    if entry.fields.get("maintainer"):
        data["maintainer"] = entry.fields["maintainer"]
    if repository:
        data["repository"] = repository
    state = _state(entry)
    if state != "installed":
        data["status"] = state
    if entry.states[:1] == ("hold",):
        data["held"] = True
    return data


def _source(field: str, name: str, version: str) -> Dict[str, str]:
    """deb-control(5): no Source field where name and version are the package's own, else `name` or `name (version)`."""
    match = _SOURCE.match(field)
    if match is None:
        return {"source": name, "source_version": version}
    return {"source": match.group(1), "source_version": match.group(2) or version}
