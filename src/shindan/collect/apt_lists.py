"""Which configured source lists a package's very version, from the indices that apt keeps. Python 3.6 grammar.

Source: apt-secure(8) and https://wiki.debian.org/DebianRepository/Format: `Release` names Origin,
Label, Suite and Codename in its first lines; `Packages` has a stanza a package.
"""

import re
from typing import Collection, Dict, Iterable, Iterator, List, NamedTuple, Tuple

from shindan.collect.apt_sources import LISTS, Source, configured
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

Identity = Tuple[str, str, str]
"""Name, version, architecture."""

# What a Release file says -> what the fact calls it.
_RELEASE_FIELDS = {"Origin": "origin", "Label": "label", "Suite": "archive", "Codename": "codename"}
_RELEASE_HEAD = 60

# The distribution's own archives: a version listed by one of them is its own, whoever lists it too.
_OWN = frozenset(["Debian", "Debian Backports", "Ubuntu", "UbuntuESM", "UbuntuESMApps", "Raspbian", "Devuan", "Kali"])
_INDEX = re.compile(r"^(binary-[a-z0-9-]+_)?Packages(\.\w+)?$")
_MOST = 4 * 1024 * 1024


class Index(NamedTuple):
    """One downloaded list of packages, the subject of its repository, and whether that is the distribution's own."""

    path: str
    repository: str
    own: bool


def release(root: Root, source: Source) -> Dict[str, str]:
    """Origin, label, archive and codename of a source's Release file; empty where none was fetched."""
    for name in ("InRelease", "Release"):
        said: Dict[str, str] = {}
        try:
            for number, line in enumerate(root.lines("{}/{}{}".format(LISTS, source.prefix, name))):
                field, _, value = line.decode("utf-8", "replace").partition(":")
                if field in _RELEASE_FIELDS and value.strip():
                    said[_RELEASE_FIELDS[field]] = value.strip()
                if number > _RELEASE_HEAD:
                    break
        except (FileNotFoundError, Unavailable):
            continue
        return said
    return {}


def indices(root: Root) -> List[Index]:
    """The lists of all sources that are switched on, in the order in which they are configured."""
    names = root.names(LISTS)
    found: Dict[str, Index] = {}
    for source in configured(root)[0]:
        if not source.enabled:
            continue
        prefix = source.prefix
        own = release(root, source).get("origin") in _OWN
        for component in source.components or ("",):
            start = prefix + component.replace("/", "_") + ("_" if component else "")
            for name in names:
                if name.startswith(start) and _INDEX.match(name[len(start) :]) and name not in found:
                    found[name] = Index("{}/{}".format(LISTS, name), source.subject(component), own)
    return list(found.values())


def attribution(root: Root, installed: Iterable[Identity]) -> Tuple[Dict[Identity, str], List[str]]:
    """Package to subject of the repository that lists it, and what could not be read.

    The distribution's own sources come first, then the order in which they are configured.
    """
    lists = indices(root)
    if not lists:
        return {}, []
    wanted: Dict[bytes, List[Identity]] = {}
    for identity in installed:
        wanted.setdefault(identity[0].encode("utf-8", "replace"), []).append(identity)
    found: Dict[Identity, str] = {}
    wrong: List[str] = []
    for index in sorted(lists, key=lambda one: not one.own):
        try:
            for name, stanza in _about(root.blocks(index.path), wanted):
                for identity in wanted[name]:
                    if identity not in found and _lists(stanza, identity):
                        found[identity] = index.repository
        except (FileNotFoundError, Unavailable) as error:
            wrong.append(str(error))
    return found, wrong


def _about(blocks: Iterator[bytes], wanted: Collection[bytes]) -> Iterator[Tuple[bytes, bytes]]:
    """Name and stanza of the wanted packages.

    A distribution's list has 60,000 stanzas, so what is not wanted is passed over many at a time.
    """
    for whole in _whole(blocks):
        # Cut before every name: where that comes first in every stanza, each piece ends with its empty line.
        before, *pieces = whole.split(b"\nPackage:")
        some = [one for one in pieces if one[: one.find(b"\n")].strip() in wanted or one[-1:] != b"\n"]
        if before.strip() or not all(one.endswith(b"\n") for one in some):
            for stanza in whole.split(b"\n\n"):
                name = _name(stanza)
                if name in wanted:
                    yield name, stanza
        else:
            for one in some:
                yield one[: one.find(b"\n")].strip(), one


def _whole(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The blocks, cut anew between two stanzas; each begins and ends with a newline."""
    rest = b"\n"
    for block in blocks:
        data = rest + block
        end = data.rfind(b"\n\n") + 1
        if len(data) - end > _MOST:
            raise Unavailable("an entry is longer than {} MB".format(_MOST // 1024**2))
        if end:
            yield data[:end]
        rest = data[end:]
    if rest.strip():
        yield rest.rstrip(b"\n") + b"\n"


def _name(stanza: bytes) -> bytes:
    """The package's name, wherever in its stanza it is."""
    begin = 0 if stanza.startswith(b"Package:") else stanza.find(b"\nPackage:") + 1
    if begin == 0 and not stanza.startswith(b"Package:"):
        return b""
    end = stanza.find(b"\n", begin)
    return stanza[begin + 8 : end if end >= 0 else len(stanza)].strip()


def _lists(stanza: bytes, identity: Identity) -> bool:
    whole = b"\n" + stanza + b"\n"
    _, version, architecture = identity
    return (
        "\nVersion: {}\n".format(version).encode("utf-8", "replace") in whole
        and "\nArchitecture: {}\n".format(architecture).encode("utf-8", "replace") in whole
    )
