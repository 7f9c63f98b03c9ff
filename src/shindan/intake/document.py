"""A file of another tool, read whole and decoded: JSON, XML or text, plain or gzip."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any

import msgspec

from shindan.model.errors import InventoryUnreadable

LARGEST = 512 * 1024 * 1024
"""Bytes of one unpacked document; the largest real ones, of build machines, have some 100 MB."""

_GZIP = b"\x1f\x8b"


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked. Raises InventoryUnreadable: no such file, torn, or larger than `LARGEST`."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            if packed:
                with gzip.open(file) as unpacked:
                    data = unpacked.read(LARGEST + 1)
            else:
                data = file.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise InventoryUnreadable(f"cannot read {path}: {reason}") from error
    if len(data) > LARGEST:
        raise InventoryUnreadable(
            f"{path} is larger than {LARGEST // 2**20} MB", remedy="split it, or leave files out when it is made"
        )
    return data.removeprefix(b"\xef\xbb\xbf")


def json_object(data: bytes, path: Path) -> dict[str, Any]:
    """The JSON object of a document. Raises InventoryUnreadable."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InventoryUnreadable(f"{path} is no JSON: {error}", remedy="is the file complete?") from error
    except RecursionError:
        raise InventoryUnreadable(f"{path} is no inventory: its JSON is nested too deeply") from None
    if not isinstance(document, dict):
        raise InventoryUnreadable(f"{path} is no inventory: it holds no JSON object")
    return document


def text(value: Any) -> str:
    """A JSON value as text; whatever is no text is empty."""
    return value if isinstance(value, str) else ""


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list; whatever else there is, is passed over."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
