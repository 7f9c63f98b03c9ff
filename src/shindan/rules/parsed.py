"""TOML that ships with the program, parsed once: what it means lies as JSON beside it, as Python keeps its own modules.

The file is named by the digest of what was parsed, in the folder of compiled modules, where whoever can write could
replace the program itself. Where it cannot be written or read, the TOML is parsed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

Tables = Mapping[str, Any]

_FORM = b"1"
"""What is kept has this form; another program's may have another."""


def parsed(name: str, paths: Sequence[Path]) -> list[Tables]:
    """The tables of files, in their order; `name` says what they are together. Raises OSError and ValueError."""
    contents = [path.read_bytes() for path in paths]
    digest = hashlib.sha256(_FORM)
    for content in contents:
        digest.update(len(content).to_bytes(8, "big") + content)
    place = _place(paths[0].parent, f"{name}.{digest.hexdigest()[:32]}.json") if paths else None
    found = _kept(place, len(paths))
    if found is None:
        found = [tomllib.loads(content.decode("utf-8")) for content in contents]
        if place is not None and not sys.dont_write_bytecode:
            _keep(place, name, found)
    return found


def _place(folder: Path, name: str) -> Path | None:
    try:
        return Path(cache_from_source(str(folder / "content.py"))).with_name(name)
    except NotImplementedError:  # a Python that keeps nothing
        return None


def _kept(place: Path | None, number: int) -> list[Tables] | None:
    if place is None:
        return None
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return None
    whole = isinstance(found, list) and len(found) == number and all(isinstance(one, dict) for one in found)
    return found if whole else None


def _keep(place: Path, name: str, found: Sequence[Tables]) -> None:
    with contextlib.suppress(OSError, TypeError):  # a date has no JSON, and is no value of ours
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        place.parent.mkdir(exist_ok=True)
        before = [one for one in place.parent.glob(f"{name}.*.json") if one.name.count(".") == place.name.count(".")]
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=place.parent, delete=False) as beside:
            try:
                beside.write(text)
                beside.close()
                Path(beside.name).chmod(0o644)
                Path(beside.name).replace(place)
            except BaseException:
                Path(beside.name).unlink(missing_ok=True)
                raise
        for one in before:
            if one != place:
                one.unlink(missing_ok=True)
