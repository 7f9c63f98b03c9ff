"""apt's configured sources, and the files in which apt keeps what it fetched of them. Python 3.6 grammar.

Source: sources.list(5), both styles; apt-transport-mirror(1); apt's `URItoFileName` (`apt-pkg/contrib/strutl.cc`), from
which the files in `/var/lib/apt/lists` have their names.
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Tuple

from shindan.collect.deb822 import paragraphs
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

LISTS = "/var/lib/apt/lists"
_FOLDER = "/etc/apt/sources.list.d"
_ONE_LINE = re.compile(
    r"^(#[#\s]*)?deb\s+(?:\[([^\]]*)\]\s*)?([a-z][\w+.-]*:/\S*)\s+(\S+)((?:\s+[^\s#]+)*)\s*(?:#.*)?$"
)
_ADDRESS = re.compile(r"^[\w+.-]+:(?://(?:[^@/]*@)?([^/]*))?(.*)$")
_QUOTED = re.compile(r"[^\x21-\x7e]|[\\|{}\[\]<>\"^~_=!@#$%&*]")
_READ_BY_APT = re.compile(r"^[\w.-]+\.(list|sources)$", re.ASCII)
_NO = frozenset(["no", "false", "without", "off", "disable", "0"])
_YES = frozenset(["yes", "true", "with", "on", "enable", "1"])
_MOST_MIRRORS = 20


class Source(NamedTuple):
    """One configured source of binary packages: a base address, a suite and its components."""

    url: str
    suite: str
    components: Tuple[str, ...]
    enabled: bool
    file: str
    style: str
    signed_by: str = ""
    trusted: bool = False

    def subject(self, component: str) -> str:
        """How its facts are called: address, suite, component."""
        return " ".join(part for part in (self.url, self.suite, component) if part)

    @property
    def prefix(self) -> str:
        """The beginning of the names of its files in `LISTS`."""
        url = _dequoted(self.url)
        match = _ADDRESS.match(url)
        host, path = (match.group(1) or "", match.group(2)) if match else ("", url)
        base = re.sub(r"^\[(.*)\]", r"\1", host) + (path if path.endswith("/") else path + "/")
        if not self.suite.endswith("/"):
            base += "dists/{}/".format(self.suite)
        elif self.suite != "/":
            base += self.suite
        return file_name(base)


def file_name(address: str) -> str:
    """An address without its scheme as apt writes it into a file name."""
    quoted = _QUOTED.sub(
        lambda match: "".join("%{:02x}".format(byte) for byte in match.group().encode("utf-8", "surrogateescape")),
        address,
    )
    return quoted.replace("/", "_")


def configured(root: Root) -> Tuple[List[Source], List[str]]:
    """Every source, those that are switched off too; and what could not be read."""
    try:
        names = root.names(_FOLDER)
    except Unavailable as error:
        return [], [str(error)]
    paths = ["/etc/apt/sources.list"] + ["{}/{}".format(_FOLDER, name) for name in names if _READ_BY_APT.match(name)]
    found: List[Source] = []
    wrong: List[str] = []
    for path in paths:
        try:
            lines = root.text(path)
        except FileNotFoundError:
            continue
        except Unavailable as error:
            wrong.append(str(error))
            continue
        found.extend(_deb822_style(lines, path) if path.endswith(".sources") else _one_line_style(lines, path))
    return found, wrong


def mirrors(root: Root, url: str) -> List[str]:
    """The addresses behind `mirror+file:/etc/apt/mirrors/debian.list`; none for any other address."""
    match = re.match(r"^mirror\+file:(?://)?(/\S+)$", url)
    if match is None:
        return []
    try:
        lines = root.text(match.group(1))
    except (FileNotFoundError, Unavailable):
        return []
    return [line.split()[0] for line in lines if re.match(r"^[a-z][\w+.-]*:/", line)][:_MOST_MIRRORS]


def _dequoted(url: str) -> str:
    """The address with its %20 and the like resolved, as apt has it before it names files."""
    parts = re.split(b"%([0-9a-fA-F]{2})", url.encode("utf-8", "replace"))
    return b"".join(bytes([int(part, 16)]) if odd % 2 else part for odd, part in enumerate(parts)).decode(
        "utf-8", "surrogateescape"
    )


def _one_line_style(lines: List[str], path: str) -> Iterator[Source]:
    for line in lines:
        match = _ONE_LINE.match(line.strip())
        if match is None:
            continue
        off, options, url, suite, components = match.groups()
        said = _options(options or "")
        trusted = said.get("trusted", "").lower() in _YES
        yield Source(
            url, suite, tuple(components.split()), off is None, path, "list", said.get("signed-by", ""), trusted
        )


def _options(text: str) -> Dict[str, str]:
    pairs = [part.split("=", 1) for part in text.split() if "=" in part]
    return {name.lower(): value for name, value in pairs}


def _deb822_style(lines: List[str], path: str) -> Iterator[Source]:
    for said in paragraphs(lines):
        if "deb" not in said.get("types", "").split():
            continue
        enabled = said.get("enabled", "").lower() not in _NO
        trusted = said.get("trusted", "").lower() in _YES
        # A key may stand in the file itself; only a path names a keyring.
        signed_by = said.get("signed-by", "")
        keyring = signed_by if signed_by.startswith("/") and "\n" not in signed_by else ""
        components = tuple(said.get("components", "").split())
        for url in said.get("uris", "").split():
            for suite in said.get("suites", "").split():
                yield Source(url, suite, components, enabled, path, "deb822", keyring, trusted)
