"""The repositories that apk is configured with. Python 3.6 grammar.

Source: apk-repositories(5): one address a line, a tag before it or not; since apk 3 a list of components may follow.
"""

import re
from typing import Iterator, List, NamedTuple, Tuple

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

_FILE = "/etc/apk/repositories"
_FOLDERS = ("/etc/apk/repositories.d", "/lib/apk/repositories.d")
_LINE = re.compile(r"^(#\s*)?(?:@(\S+)\s+)?((?:[a-z0-9+]+://|/)\S+)((?:\s+[\w./-]+)*)\s*$")
_BRANCH = re.compile(r"/(v\d+\.\d+|edge|latest-stable)(?:/|$)")


class Source(NamedTuple):
    """One repository: its address, tag, and whether it is switched on (not commented out)."""

    url: str
    tag: str
    enabled: bool
    file: str

    @property
    def branch(self) -> str:
        """`v3.20` or `edge`; "" where the address names none."""
        match = _BRANCH.search(self.url)
        return match.group(1) if match is not None else ""

    @property
    def component(self) -> str:
        """The last part of an address that names a branch: `main`; "" where none follows it."""
        rest = self.url.rstrip("/").rpartition("/" + self.branch + "/")[2] if self.branch else ""
        return rest if "/" not in rest else ""


def configured(root: Root) -> Tuple[List[Source], List[str]]:
    """Every repository, and what could not be read."""
    found: List[Source] = []
    wrong: List[str] = []
    names = [(folder, name) for folder in _FOLDERS for name in root.names(folder) if name.endswith(".list")]
    for path in [_FILE] + ["{}/{}".format(folder, name) for folder, name in names]:
        try:
            found.extend(_sources(root.text(path), path))
        except FileNotFoundError:
            continue
        except Unavailable as error:
            wrong.append(str(error))
    return found, wrong


def _sources(lines: List[str], path: str) -> Iterator[Source]:
    for line in lines:
        match = _LINE.match(line.strip())
        if match is None:
            continue
        off, tag, url, components = match.groups()
        # A path alone is a repository on this host; in a comment it is more likely prose.
        if off is not None and "://" not in url:
            continue
        addresses = ["{}/{}".format(url.rstrip("/"), word) for word in components.split()] or [url.rstrip("/")]
        for address in addresses:
            yield Source(address, tag or "", off is None, path)
