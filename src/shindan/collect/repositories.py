"""Configured apt sources, what their Release files say, and which list a package's version comes from.

Source: sources.list(5) (one-line and deb822 style), apt-secure(8), the names of files in `/var/lib/apt/lists` as
apt's `URItoFileName` makes them. Python 3.6 grammar.
"""

import json
import re
from typing import Any, Dict, Iterator, List, NamedTuple, Tuple

from shindan.collect.base import Collector
from shindan.collect.root import Root, Unavailable
from shindan.facts.fact import Fact

_LISTS = "/var/lib/apt/lists"
_PRO = "/var/lib/ubuntu-advantage/status.json"
_RELEASE_FIELDS = {"Origin": "origin", "Label": "label", "Codename": "codename"}
_ONE_LINE = re.compile(r"^(#\s*)?deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[\w.+-]+)*)\s*(?:#.*)?$")

# The distribution's own archives: a version listed by one of them is its own, whoever else lists it too.
_OWN = frozenset(["Debian", "Ubuntu", "Debian Backports", "UbuntuESM", "UbuntuESMApps"])


class Entry(NamedTuple):
    """One configured source: a base address, a suite and its components."""

    url: str
    suite: str
    components: Tuple[str, ...]
    enabled: bool
    signed_by: str
    file: str

    def subject(self, component: str) -> str:
        """How its facts are called: address, suite, component."""
        return " ".join(part for part in (self.url, self.suite, component) if part)

    def prefix(self) -> str:
        """The beginning of its file names in /var/lib/apt/lists."""
        address = re.sub(r"^\w+:/*(?:[^@/]*@)?", "", self.url).rstrip("/").replace("_", "%5f")
        if self.suite.endswith("/"):
            return "{}/{}".format(address, self.suite.strip("/")).rstrip("/.").replace("/", "_") + "_"
        return "{}/dists/{}".format(address, self.suite).replace("/", "_") + "_"


class AptRepositories(Collector):
    """One fact for each source and component, with Origin and Label of its Release file; and Ubuntu Pro's services."""

    name = "apt"
    kinds = ("repository",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        entries, wrong = configured(root)
        for entry in entries:
            release = _release(root, entry) if entry.enabled else {}
            for component in entry.components or ("",):
                data = {"url": entry.url, "suite": entry.suite, "enabled": entry.enabled, "file": entry.file}
                data["components"] = [component] if component else []  # type: ignore[assignment]
                if entry.signed_by:
                    data["signed_by"] = entry.signed_by
                data.update(release)
                yield Fact("repository", entry.subject(component), data)
        if root.exists(_PRO):
            yield self._pro(root)
        if wrong:
            yield self.gap("; ".join(wrong[:5]))

    def _pro(self, root: Root) -> Fact:
        """Ubuntu Pro's own record of its services (ubuntu-pro-client, `pro status --format json`)."""
        try:
            said = json.loads(" ".join(root.text(_PRO)))
            services = {str(s["name"]): str(s["status"]) for s in said.get("services", [])}
            return Fact("repository", "ubuntu-pro", {"attached": bool(said.get("attached")), "services": services})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return self.gap("{}: {}".format(_PRO, error))


class Lists:
    """The downloaded package lists of the enabled sources."""

    def __init__(self, root: Root) -> None:
        self._root = root

    def attributed(self, packages: List[Fact]) -> Iterator[Fact]:
        """The packages, each with the repository that lists its very version; and a gap where lists are unreadable."""
        wanted = {}  # type: Dict[bytes, List[Fact]]
        for fact in packages:
            wanted.setdefault(fact.subject.encode("utf-8", "replace"), []).append(fact)
        found = {}  # type: Dict[int, Tuple[bool, str]]
        unreadable = []  # type: List[str]
        for own, repository, path in self._files():
            try:
                for stanza in _stanzas(self._blocks(path)):
                    end = stanza.find(b"\n")
                    for fact in wanted.get(stanza[9:end].strip(), ()):
                        known = found.get(id(fact))
                        if (known is None or (own and not known[0])) and _lists(stanza, fact):
                            found[id(fact)] = (own, repository)
            except (FileNotFoundError, Unavailable) as error:
                unreadable.append("{}: {}".format(path, error))
        for fact in packages:
            if id(fact) in found:
                fact.data["repository"] = found[id(fact)][1]
            yield fact
        if unreadable:
            reason = "which repository a package comes from is not known: {}".format("; ".join(unreadable[:3]))
            yield Fact("gap", "apt-lists", {"reason": reason, "kinds": ["package"]})

    def _files(self) -> Iterator[Tuple[bool, str, str]]:
        """(whether it is the distribution's own, subject of the repository, path) of each package list."""
        names = self._root.names(_LISTS)
        for entry in configured(self._root)[0]:
            if not entry.enabled:
                continue
            prefix = entry.prefix()
            own = _release(self._root, entry).get("origin") in _OWN
            for component in entry.components or ("",):
                start = prefix + (component.replace("/", "_") + "_binary-" if component else "")
                for name in names:
                    if name.startswith(start) and re.search(r"_?Packages(\.\w+)?$", name):
                        yield own, entry.subject(component), "{}/{}".format(_LISTS, name)

    def _blocks(self, path: str) -> Iterator[bytes]:
        if path.endswith((".lz4", ".zst")):
            # Python's library reads neither; apt has a helper for its own lists.
            return self._root.tool("apt-helper", "cat-file", path)
        return self._root.blocks(path)


def configured(root: Root) -> Tuple[List[Entry], List[str]]:
    """Every configured binary source, disabled ones too, and what could not be read."""
    folder = "/etc/apt/sources.list.d"
    paths = ["/etc/apt/sources.list"] + ["{}/{}".format(folder, name) for name in root.names(folder)]
    entries, wrong = [], []  # type: List[Entry], List[str]
    for path in paths:
        if not root.exists(path) or not path.endswith((".list", ".sources")):
            continue
        try:
            lines = root.text(path)
        except (FileNotFoundError, Unavailable) as error:
            wrong.append(str(error))
            continue
        entries.extend(_deb822(lines, path) if path.endswith(".sources") else _one_line(lines, path))
    return entries, wrong


def _one_line(lines: List[str], path: str) -> Iterator[Entry]:
    for line in lines:
        match = _ONE_LINE.match(line.strip())
        if match is None or "://" not in match.group(3):
            continue
        options = dict(part.split("=", 1) for part in (match.group(2) or "").split() if "=" in part)
        yield Entry(
            match.group(3),
            match.group(4),
            tuple(match.group(5).split()),
            match.group(1) is None,
            options.get("signed-by", ""),
            path,
        )


def _deb822(lines: List[str], path: str) -> Iterator[Entry]:
    for stanza in _paragraphs(lines):
        if "deb" not in stanza.get("types", "deb").split():
            continue
        enabled = stanza.get("enabled", "yes").lower() not in ("no", "false", "0", "off", "without", "disable")
        signed_by = stanza.get("signed-by", "")
        for url in stanza.get("uris", "").split():
            for suite in stanza.get("suites", "").split():
                components = tuple(stanza.get("components", "").split())
                keyring = signed_by if signed_by.startswith("/") and "\n" not in signed_by else ""
                yield Entry(url, suite, components, enabled, keyring, path)


def _paragraphs(lines: List[str]) -> Iterator[Dict[str, str]]:
    """deb822 paragraphs: fields by lower-case name, continuations joined by newlines, comments left out."""
    fields = {}  # type: Dict[str, str]
    last = ""
    for line in lines + [""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, last = {}, ""
        elif line[0] in " \t" and last:
            fields[last] += "\n" + line.strip()
        elif ":" in line:
            last, _, value = line.partition(":")
            last = last.strip().lower()
            fields[last] = value.strip()


def _release(root: Root, entry: Entry) -> Dict[str, Any]:
    """Origin, Label and Codename of a source's Release file; nothing where none was fetched."""
    for name in ("InRelease", "Release"):
        path = "{}/{}{}".format(_LISTS, entry.prefix(), name)
        said = {}  # type: Dict[str, Any]
        try:
            for number, line in enumerate(root.lines(path)):
                field, _, value = line.decode("utf-8", "replace").partition(":")
                if field in _RELEASE_FIELDS:
                    said[_RELEASE_FIELDS[field]] = value.strip()
                if number > 40:
                    break
        except (FileNotFoundError, Unavailable):
            continue
        return said
    return {}


def _stanzas(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Stanzas of a package list that begin with their name, as apt writes them."""
    rest = b""
    for block in blocks:
        pieces = (rest + block).split(b"\n\n")
        rest = pieces.pop()
        if len(rest) > 4 * 1024 * 1024:
            raise Unavailable("an entry of more than 4 MB")
        for piece in pieces:
            if piece.startswith(b"Package:"):
                yield piece
    if rest.startswith(b"Package:"):
        yield rest.rstrip(b"\n")


def _lists(stanza: bytes, fact: Fact) -> bool:
    """Whether a stanza is of the fact's very version and architecture."""
    return (
        "\nVersion: {}\n".format(fact.data["version"]).encode("utf-8", "replace") in stanza + b"\n"
        and "\nArchitecture: {}\n".format(fact.data["arch"]).encode("utf-8", "replace") in stanza + b"\n"
    )
