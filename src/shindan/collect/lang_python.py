"""Python packages: `*.dist-info/METADATA` and `*.egg-info`, a folder or a file. Python 3.6 grammar.

Source: packaging.python.org, "Recording installed projects" and "Core metadata specifications".
"""

from typing import Iterator, List, Tuple

from shindan.collect.lang_budget import Reading
from shindan.collect.lang_reader import Folder, Found, Reader
from shindan.collect.unavailable import Unavailable

# Name and version come first by custom; they must come before the description, which is as long as it likes.
_HEAD = 4 * 1024
_LONGER = 64 * 1024


class PythonReader(Reader):
    """Distributions that pip, setuptools and distributions' packagers have installed."""

    def files(self, folder: Folder) -> List[str]:
        """See `Reader.files`."""
        found = []
        for name in folder.folders:
            if name.endswith(".dist-info"):
                found.append("{}/{}/METADATA".format(folder.path, name))
            elif name.endswith(".egg-info"):
                found.append("{}/{}/PKG-INFO".format(folder.path, name))
            elif name.endswith(".egg"):
                found.append("{}/{}/EGG-INFO/PKG-INFO".format(folder.path, name))
        found += ["{}/{}".format(folder.path, name) for name in folder.files if name.endswith(".egg-info")]
        return found

    def read(self, reading: Reading, path: str) -> Iterator[Found]:
        """See `Reader.read`."""
        for size in (_HEAD, _LONGER):
            data = reading.head(path, size)
            name, version = fields(data)
            if name and version:
                yield Found("pypi", name, version, path)
                return
            if len(data) < size:
                break
        raise Unavailable("{} names no package and version".format(path))


def fields(data: bytes) -> Tuple[str, str]:
    """Name and version of the head of core metadata, "" for what it lacks."""
    found = {b"name": "", b"version": ""}
    for line in data.splitlines():
        if not line.strip():
            break
        key, colon, value = line.partition(b":")
        key = key.lower()
        if colon and key in found and not found[key]:
            found[key] = value.decode("utf-8", "replace").strip()
    return found[b"name"], found[b"version"]
