"""npm packages: `package.json` of every folder below a `node_modules`. Python 3.6 grammar.

Source: docs.npmjs.com, "folders" and "package.json". An application's own `package.json` is no installation, nor are
those that a package keeps inside for other purposes. A scope before a name is a folder: `@babel/core`.
"""

import json
from typing import Iterator, List

from shindan.collect.lang_budget import Reading
from shindan.collect.lang_reader import Folder, Found, Reader, text
from shindan.collect.unavailable import Unavailable

# npm's own folder; Debian's for Node's modules, which it lays out alike.
_MODULES = ("/node_modules", "/usr/share/nodejs", "/usr/lib/nodejs")
_LARGEST = 1024 * 1024


class NpmReader(Reader):
    """Packages that npm, yarn and pnpm have installed."""

    def files(self, folder: Folder) -> List[str]:
        """See `Reader.files`."""
        if not holds_packages(folder.path):
            return []
        return ["{}/{}/package.json".format(folder.path, name) for name in folder.folders if name[0] not in ".@"]

    def read(self, reading: Reading, path: str) -> Iterator[Found]:
        """See `Reader.read`."""
        try:
            told = json.loads(reading.whole(path, _LARGEST).decode("utf-8-sig"), parse_int=float)
        except (ValueError, RecursionError) as error:
            raise Unavailable("{} is no JSON: {}".format(path, type(error).__name__)) from error
        if not isinstance(told, dict):
            raise Unavailable("{} is no JSON object".format(path))
        name, version = text(told.get("name")), text(told.get("version"))
        if name and version:  # a package without is a folder of somebody's own, which npm does not install
            yield Found("npm", name, version, path)


def is_modules(path: str) -> bool:
    """Whether a folder's children are packages and scopes."""
    return path.endswith(_MODULES)


def holds_packages(path: str) -> bool:
    """Whether a folder's children are packages: it is a `node_modules`, or a scope in one."""
    parent, _, name = path.rpartition("/")
    return is_modules(path) or (name[:1] == "@" and is_modules(parent))


def below(folder: Folder) -> List[str]:
    """Where further packages may lie below a `node_modules`, a scope or pnpm's store; they need not exist.

    A package's own folders are passed over, but for its `node_modules`.
    """
    found = []
    for name in folder.folders:
        if is_modules(folder.path) and (name[0] == "@" or name == ".pnpm"):
            found.append("{}/{}".format(folder.path, name))
        elif name[0] != ".":
            found.append("{}/{}/node_modules".format(folder.path, name))
    return found


def is_store(path: str) -> bool:
    """Whether a folder is pnpm's, which keeps every package in a `node_modules` of its own."""
    return path.endswith("/node_modules/.pnpm")
