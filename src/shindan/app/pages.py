"""What is neither the API's nor an agent's: the page of the service's state, probes and metrics."""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from shindan.api import sdk
from shindan.app.metrics import CONTENT_TYPE, Metrics
from shindan.engine.clock import milliseconds
from shindan.model.errors import ShindanError
from shindan.service import links, signing
from shindan.service.service import Service
from shindan.service.status import Status

_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


_DOWNLOADS = {
    "cache-control": "private, no-store",
    "content-security-policy": links.POLICY,
    "x-content-type-options": "nosniff",
}
_SHOWN = ("text/html", "application/pdf")
"""What a browser shows; it keeps the rest."""


@dataclass(frozen=True, slots=True)
class Pages:
    """`service` hands out reports. `unready` says why requests cannot be answered ("" where they can), `working`
    whether the worker lives. With a `console` people who come to / are sent there.
    """

    service: Service
    status: Callable[[], Status]
    unready: Callable[[], str]
    working: Callable[[], bool]
    metrics: Metrics
    console: bool = False

    def routes(self) -> list[Route]:
        """All of them are GET."""
        pages = {
            "/": self._front,
            "/status": self._page,
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
        }
        pages[f"{links.PATH}{{token}}"] = self._report
        pages["/{file:str}.pem"] = self._certificate
        return [Route(path, endpoint, methods=["GET"]) for path, endpoint in pages.items()]

    async def _front(self, request: Request) -> Response:
        """A browser is sent to the console; whoever asks for no HTML reads how the service is."""
        if self.console and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/console/", headers={"vary": "accept", "cache-control": "no-store"})
        return await self._page(request)

    async def _page(self, request: Request) -> Response:
        status = await run_in_threadpool(self.status)
        nonce = secrets.token_urlsafe(16)
        where = _address(request)
        install = sdk.install_line(where)
        text = _template().render(status=status, working=self.working(), nonce=nonce, address=where, install=install)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'"
        return HTMLResponse(text, headers={"content-security-policy": policy, "cache-control": "no-store"})

    async def _healthz(self, _: Request) -> Response:
        """The process lives: nothing else is looked at, or a slow database would have it killed."""
        return PlainTextResponse("ok\n")

    async def _readyz(self, _: Request) -> Response:
        why = await run_in_threadpool(self.unready) or ("" if self.working() else "background work has ended")
        return PlainTextResponse(f"{why or 'ok'}\n", status_code=503 if why else 200)

    async def _metrics(self, _: Request) -> Response:
        return Response(await run_in_threadpool(self.metrics.text), headers={"content-type": CONTENT_TYPE})

    async def _report(self, request: Request) -> Response:
        """A report, by an address that says itself for how long it is good."""
        token = request.path_params["token"]
        try:
            opened = await run_in_threadpool(links.open_link, self.service, token, milliseconds())
        except links.LinkRefused as error:
            return PlainTextResponse(f"{error}\n", status_code=410 if isinstance(error, links.LinkExpired) else 404)
        except ShindanError as error:
            return PlainTextResponse(f"{error}\n", status_code=500)
        shown = "inline" if opened.type.startswith(_SHOWN) else "attachment"
        named = {"content-disposition": f'{shown}; filename="{opened.filename}"'}
        return StreamingResponse(opened.pieces(), media_type=opened.type, headers={**_DOWNLOADS, **named})

    async def _certificate(self, request: Request) -> Response:
        """The certificate that messages to HTTPS receivers are signed with, where their envelopes say that it is."""
        found = await run_in_threadpool(
            signing.certificate, self.service.database, f"{request.path_params['file']}.pem"
        )
        if found is None:
            return PlainTextResponse("there is no such certificate\n", status_code=404)
        return PlainTextResponse(found, media_type="application/x-pem-file")


def _address(request: Request) -> str:
    """How this client reaches the service; what its header says is shown only where it is a host's name."""
    host = request.headers.get("host", "")
    return f"{request.url.scheme}://{host if _HOST.fullmatch(host) else 'localhost'}"


@functools.cache
def _template() -> Any:
    # Loaded with the first visitor: a server that only speaks to programs never needs it.
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(Path(__file__).with_name("status.html.jinja").read_text(encoding="utf-8"))
