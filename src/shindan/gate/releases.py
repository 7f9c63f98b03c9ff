"""What a host fetches to get an agent: the install script, the release, their signatures and keys, and `collect.sh`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shindan.service import agent_install, agent_release

_TYPES = {"install": "text/x-shellscript", "release": "text/plain", "collect.sh": "text/x-shellscript"}


class Releases:
    """GET /linux/latest/NAME for the files of the release that lies in a data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def routes(self) -> list[Route]:
        """One route for all the files; HEAD comes with it."""
        return [Route(agent_install.PATH + "{name}", self._file, methods=["GET"])]

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        content = await run_in_threadpool(agent_release.content, self._data, name)
        if content is None:
            return PlainTextResponse(f"there is no {name[:64]} here\n", status_code=404)
        etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        headers = {"etag": etag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_TYPES.get(name, "application/octet-stream"), headers=headers)
