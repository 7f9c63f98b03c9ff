"""Style sheets and scripts: addresses that change with their content, so that browsers keep them for ever."""

from __future__ import annotations

import functools
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

PATH = "/console/static/"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_HERE = Path(__file__).resolve().parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `address` holds a hash of its content."""

    address: str
    type: str
    content: bytes
    packed: bytes


@functools.cache
def asset(name: str) -> Asset:
    """The asset of a file name (`console.css`). Raises KeyError."""
    path = _HERE / name
    if path.parent != _HERE or path.suffix not in TYPES or not path.is_file():
        raise KeyError(name)
    content = path.read_bytes()
    mark = hashlib.sha256(content).hexdigest()[:12]
    return Asset(
        f"{PATH}{path.stem}.{mark}{path.suffix}", TYPES[path.suffix], content, gzip.compress(content, 9, mtime=0)
    )


def names() -> list[str]:
    """The file names of all assets."""
    return sorted(path.name for path in _HERE.iterdir() if path.suffix in TYPES)


async def serve(request: Request) -> Response:
    """An asset by its address; an older one's address is answered with what stands there now, but not kept."""
    stem, _, rest = request.path_params["name"].partition(".")
    try:
        found = asset(f"{stem}.{rest.rpartition('.')[2]}")
    except KeyError:
        return PlainTextResponse("there is no such file\n", status_code=404)
    exact = request.url.path == found.address
    headers = {"cache-control": _FOR_EVER if exact else "no-store", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, headers={**headers, "content-encoding": "gzip"}, media_type=found.type)
    return Response(found.content, headers=headers, media_type=found.type)
