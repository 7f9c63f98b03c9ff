"""dpkg's database as a stream of entries: `status`, its journal, and `status.d`. Python 3.6 grammar.

Source: dpkg(1), deb-control(5), dpkg's `lib/dpkg/dbmodify.c` (the journal `updates/`, numbered files that replace
entries of `status` and are merged into it later). `status.d`, one file a package, is what image builders write that
have no dpkg (https://github.com/GoogleContainerTools/distroless).
"""

from typing import Dict, Iterator, NamedTuple, Tuple

from shindan.collect.deb822 import stanzas
from shindan.collect.root import MAX_FILE, MAX_LINE, Root
from shindan.collect.unavailable import Unavailable

INFO = "/var/lib/dpkg/info"
STATUS = "/var/lib/dpkg/status"
FOLDER = "/var/lib/dpkg/status.d"
_UPDATES = "/var/lib/dpkg/updates"
_FIELDS = frozenset([b"package", b"status", b"version", b"architecture", b"source", b"maintainer"])
_BLANK = frozenset([b" ", b"\t"])
_BLOCK = 64 * 1024


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
        for stanza in stanzas(_beginnings(root, path), _FIELDS):
            yield Entry(stanza.fields, path, stanza.damage)
    except (FileNotFoundError, Unavailable) as error:
        yield Entry({}, path, str(error))


def _beginnings(root: Root, path: str) -> Iterator[bytes]:
    """The lines of a file but for those that go on with a value: most are, and are passed over a block at a time.

    A last line without its newline is made a non-field: the file was cut in its midst. dpkg ends each file so, image
    builders do not.
    """
    rest, left = b"", MAX_FILE
    with root.opened(path) as stream:
        while True:
            try:
                block = stream.read(_BLOCK)
            except OSError as error:
                raise Unavailable("{}: {}".format(path, error.strerror or error)) from error
            if not block:
                break
            left -= len(block)
            lines, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                for line in [one for one in lines.split(b"\n") if one[:1] not in _BLANK]:
                    yield line
            rest = rest[:MAX_LINE]
            if left <= 0:
                raise Unavailable("{} is longer than {} MB".format(path, MAX_FILE // 1024**2))
    if rest and path.startswith(FOLDER + "/"):
        yield rest
    elif rest:
        yield b"the file ends in " + rest.replace(b":", b" ").lstrip()
