"""dpkg's database, read natively and streamed. Python 3.6 grammar.

Source: dpkg(1), deb-control(5), and dpkg's `lib/dpkg/parse.c`: stanzas of `Field: value` lines, continued by lines that
begin with a blank, in `/var/lib/dpkg/status` and, where an image is made without dpkg, one file a package in
`status.d`.
"""

import re
from typing import Dict, Iterator, List, Optional, Tuple

from shindan.collect.base import Collector
from shindan.collect.repositories import Lists
from shindan.collect.root import Root, Unavailable
from shindan.facts.fact import Fact

_STATUS = "/var/lib/dpkg/status"
_FOLDER = "/var/lib/dpkg/status.d"
_FIELDS = frozenset([b"package", b"status", b"version", b"architecture", b"source", b"maintainer"])
_SOURCE = re.compile(r"^(\S+)(?:\s+\(([^()]*)\))?$")

# What has its files on disk, wholly or in part; `config-files` and `not-installed` have not.
_PRESENT = frozenset(
    ["installed", "half-configured", "half-installed", "unpacked", "triggers-awaited", "triggers-pending"]
)

Stanza = Dict[bytes, bytes]


class DpkgPackages(Collector):
    """One fact for each package whose files are on disk: installed, held, and those left half-way."""

    name = "dpkg"
    kinds = ("package",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        files = _files(root)
        if not files:
            return
        found = {}  # type: Dict[Tuple[str, str, str], Fact]
        torn = []  # type: List[str]
        for path in files:
            try:
                for stanza in stanzas(root.lines(path)):
                    fact = _fact(stanza, torn, path, needs_status=path == _STATUS)
                    if fact is not None:
                        found[fact.subject, fact.data["version"], fact.data["arch"]] = fact
            except (FileNotFoundError, Unavailable) as error:
                torn.append("{}: {}".format(path, error))
        for fact in Lists(root).attributed(list(found.values())):
            yield fact
        if torn:
            more = " and {} more".format(len(torn) - 3) if len(torn) > 3 else ""
            yield self.gap("{} damaged entries: {}{}".format(len(torn), "; ".join(torn[:3]), more))


def stanzas(lines: Iterator[bytes]) -> Iterator[Stanza]:
    """Stanzas of a control file: the wanted fields by lower-case name, first line of each value."""
    stanza = {}  # type: Stanza
    for line in lines:
        if not line.strip():
            if stanza:
                yield stanza
                stanza = {}
            continue
        if line[:1] in (b" ", b"\t"):
            continue
        name, colon, value = line.partition(b":")
        key = name.strip().lower()
        if colon and key in _FIELDS:
            stanza[key] = value.strip()
        elif not colon:
            stanza.setdefault(b"", line[:60])
    if stanza:
        yield stanza


def _files(root: Root) -> List[str]:
    files = [_STATUS] if root.exists(_STATUS) else []
    files += [_FOLDER + "/" + name for name in root.names(_FOLDER) if not name.endswith(".md5sums")]
    return files


def _fact(stanza: Stanza, torn: List[str], path: str, needs_status: bool) -> Optional[Fact]:
    """The package of a stanza, or None where it is not on disk; a stanza that tells too little goes to `torn`."""
    text = {key.decode(): value.decode("utf-8", "replace") for key, value in stanza.items()}
    name, version, state = text.get("package", ""), text.get("version", ""), text.get("status", "").split()
    if needs_status and len(state) != 3:
        torn.append("{}: {} without a status".format(path, name or "an entry"))
        return None
    if state and state[2] not in _PRESENT:
        return None
    if not name or not version or "" in text:
        torn.append("{}: {} without a {}".format(path, name or "an entry", "version" if name else "name"))
        if not name or not version:
            return None
    data = {"type": "deb", "version": version, "arch": text.get("architecture") or "unknown"}
    data.update(_source(text.get("source", ""), name, version))
    if text.get("maintainer"):
        data["maintainer"] = text["maintainer"]
    if state and state[2] != "installed":
        data["status"] = state[2]
    if state and state[0] == "hold":
        data["held"] = True  # type: ignore[assignment]
    return Fact("package", name, data)


def _source(field: str, name: str, version: str) -> Dict[str, str]:
    """The Source field is absent where name and version are the package's own, `name` or `name (version)` else."""
    match = _SOURCE.match(field)
    if match is None:
        return {"source": name, "source_version": version}
    return {"source": match.group(1), "source_version": match.group(2) or version}
