"""The agent as one file: a zip of the rooms that ship to hosts, which Python runs as it is.

The same sources give the same bytes, so that a release is known by its digest wherever it was built.
"""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

NAME = "shindan-agent.pyz"
ROOMS = ("facts", "collect", "agent")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_VERSION = re.compile(r'^VERSION = "([^"]+)"', re.MULTILINE)
_MAIN = b"""\
import sys

if sys.version_info < (3, 6):
    sys.stderr.write("shindan-agent: Python 3.6 or newer is needed; collect.sh needs none\\n")
    sys.exit(1)
from shindan.agent.__main__ import main

sys.exit(main(sys.argv[1:]))
"""


@functools.cache
def archive() -> bytes:
    """The file's bytes: `python3 -I -S shindan-agent.pyz collect` needs nothing beside them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path, content in [("__main__.py", _MAIN), ("shindan/__init__.py", b""), *sorted(_sources())]:
            info = zipfile.ZipInfo(path, _EPOCH)
            info.external_attr = 0o644 << 16
            file.writestr(info, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


@functools.cache
def version() -> str:
    """Which agent this is, as its own sources say."""
    found = _VERSION.search(files("shindan").joinpath("agent", "version.py").read_text("utf-8"))
    assert found is not None
    return found[1]


def companion(name: str) -> str:
    """A text that goes to hosts beside the agent: `install`, `uninstall`, a unit …, or `collect.sh`."""
    room = "collect" if name == "collect.sh" else "agent/linux"
    return files("shindan").joinpath(*room.split("/"), name).read_text("utf-8")


def _sources() -> Iterator[tuple[str, bytes]]:
    for room in ROOMS:
        yield from _below(files("shindan").joinpath(room), f"shindan/{room}")


def _below(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for one in folder.iterdir():
        if one.is_dir() and one.name != "__pycache__":
            yield from _below(one, f"{path}/{one.name}")
        elif one.name.endswith((".py", ".sh")) or path.endswith("/linux"):
            yield f"{path}/{one.name}", one.read_bytes()
