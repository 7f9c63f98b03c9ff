"""Packages that apk has installed. Python 3.6 grammar."""

from typing import Any, Dict, Iterator, List

from shindan.collect.apk_database import Entry, entries, find, world
from shindan.collect.apk_index import Identity, attribution
from shindan.collect.apk_sources import configured
from shindan.collect.architecture import architecture
from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_TOLD = 3
_PINS = "=<>~"


class ApkPackages(Collector):
    """One fact for each installed package. The database is read twice, so that it is never held."""

    name = "apk"
    kinds = ("package",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        path = find(root)
        if path is None:
            return
        identities = frozenset(_identity(entry) for entry in entries(root, path) if not entry.damage)
        arch = architecture(root, "alpine") or ""
        repositories, unreadable = attribution(root, configured(root)[0], arch, identities)
        try:
            asked = world(root)
        except Unavailable as error:
            asked = {}
            unreadable.append(str(error))
        damaged: List[str] = []
        for entry in entries(root, path):
            if entry.damage:
                damaged.append(entry.damage)
            else:
                yield Fact("package", entry.fields["P"], _data(entry, repositories, asked))
        if damaged:
            word = "entry" if len(damaged) == 1 else "entries"
            told = "; ".join(damaged[:_TOLD])
            yield self.gap("{}: {} damaged {}: {}".format(path, len(damaged), word, told))
        if unreadable:
            reason = "where packages come from is not wholly known: {}; `apk update` writes the indices anew"
            # That a package is there is known all the same.
            yield self.gap(reason.format("; ".join(unreadable[:_TOLD])), kinds=["repository"])


def _identity(entry: Entry) -> Identity:
    return entry.fields["P"], entry.fields["V"]


def _data(entry: Entry, repositories: Dict[Identity, str], asked: Dict[str, str]) -> Dict[str, Any]:
    said = entry.fields
    name, version = _identity(entry)
    data: Dict[str, Any] = {
        "type": "apk",
        "version": version,
        "arch": said.get("A", ""),
        "source": said.get("o") or name,
        "source_version": version,
    }
    optional: Dict[str, Any] = {
        "maintainer": said.get("m"),
        "license": said.get("L"),
        "build_time": int(said["t"]) if said.get("t", "").isdigit() and len(said["t"]) < 16 else 0,
        "repository": repositories.get((name, version)),
        "requested": name in asked,
        "held": asked.get(name, "")[:1] in _PINS and bool(asked.get(name)),
    }
    data.update({key: value for key, value in optional.items() if value})
    return data
