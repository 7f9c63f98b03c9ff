"""dpkg's database as a stream of entries: `status`, its journal, and `status.d`. Python 3.6 grammar.

Source: dpkg(1), deb-control(5), dpkg's `lib/dpkg/dbmodify.c` (the journal `updates/`, numbered files that replace
entries of `status` and are merged into it later). `status.d`, one file a package, is what image builders write that
have no dpkg (https://github.com/GoogleContainerTools/distroless).
"""

from typing import Dict, Iterable, Iterator, NamedTuple, Tuple

from shindan.collect.deb822 import stanzas
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

INFO = "/var/lib/dpkg/info"
STATUS = "/var/lib/dpkg/status"
FOLDER = "/var/lib/dpkg/status.d"
_UPDATES = "/var/lib/dpkg/updates"
_FIELDS = frozenset([b"package", b"status", b"version", b"architecture", b"source", b"maintainer"])


class Entry(NamedTuple):
    """One package as the database tells it, installed or not; `damage` is what is wrong with the entry, or ""."""

    fields: Dict[str, str]
    path: str
    damage: str = ""

    @property
    def name(self) -> str:
        """The binary package's name; "" where the entry has lost it."""
        return self.fields.get("package", "")

    @property
    def identity(self) -> Tuple[str, str]:
        """What the journal goes by: name and architecture."""
        return self.name, self.fields.get("architecture", "")

    @property
    def needs_status(self) -> bool:
        """Whether its file names the state of a package; those of `status.d` do not, there everything is installed."""
        return not self.path.startswith(FOLDER + "/")

    @property
    def states(self) -> Tuple[str, ...]:
        """What is wanted, whether it is damaged, and the state (dpkg(1)); empty where none is named."""
        return tuple(self.fields.get("status", "").split())


def present(root: Root) -> bool:
    """Whether the host has a database of dpkg's, whatever its os-release says."""
    return root.exists(STATUS) or bool(root.names(FOLDER))


def entries(root: Root) -> Iterator[Entry]:
    """Every entry, streamed. What cannot be read comes as an entry without fields whose damage says why."""
    journal = {entry.identity: entry for entry in _journal(root)}
    if root.exists(STATUS):
        for entry in _read(root, STATUS):
            yield _newer(journal, entry) if journal else entry
    for entry in journal.values():
        yield entry
    for name in root.names(FOLDER):
        if not name.endswith(".md5sums"):
            for entry in _read(root, "{}/{}".format(FOLDER, name)):
                yield entry


def _journal(root: Root) -> Iterator[Entry]:
    for name in root.names(_UPDATES):
        if name.isdigit():
            for entry in _read(root, "{}/{}".format(_UPDATES, name)):
                yield entry


def _newer(journal: Dict[Tuple[str, str], Entry], entry: Entry) -> Entry:
    """The journal's entry of a package where it has one; one of a package that is gone names no architecture."""
    return journal.pop(entry.identity, None) or journal.pop((entry.name, ""), None) or entry


def _read(root: Root, path: str) -> Iterator[Entry]:
    try:
        lines = root.lines(path, ends=True)
        # dpkg ends each file it writes with a newline; image builders do not.
        whole = lines if path.startswith(FOLDER + "/") else _without_torn_end(lines)
        for stanza in stanzas(whole, _FIELDS):
            yield Entry(stanza.fields, path, stanza.damage)
    except (FileNotFoundError, Unavailable) as error:
        yield Entry({}, path, str(error))


def _without_torn_end(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, the last one made a non-field where its newline is missing: the file was cut in its midst."""
    for line in lines:
        if line.endswith(b"\n"):
            yield line
        else:
            yield b"the file ends in " + line.replace(b":", b" ").lstrip()
