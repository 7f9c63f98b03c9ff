"""The console as an ASGI application: routes, who visits, and what every answer has."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from typing import Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from shindan.console import assets, failures, forms, headers
from shindan.console.csp import Listener
from shindan.console.doorkeeper import Doorkeeper
from shindan.console.errors import Unexpected
from shindan.console.options import Options
from shindan.console.page import Answer, Page, Visit
from shindan.console.routes import PAGES
from shindan.model.errors import ShindanError
from shindan.model.refusals import AccessDenied
from shindan.service.service import Service

HOME = "/console/"
LOGIN = "/console/login"


class Console:
    """The pages over a service. `reports` counts what browsers kept from happening there."""

    def __init__(self, service: Service, options: Options, pages: Sequence[Page] = PAGES) -> None:
        self._keeper = Doorkeeper(service, options, frozenset(page.path for page in pages))
        self._options = options
        self.reports = Listener(options.log, time.monotonic)
        routes = [
            Route("/console", lambda _: RedirectResponse(HOME, 308), methods=["GET"]),
            Route(f"{assets.PATH}{{name}}", assets.serve, methods=["GET"]),
            Route(headers.CSP_REPORT, self.reports.take, methods=["POST"]),
            *(self._route(page) for page in pages),
            Route("/console/{rest:path}", self._nothing, methods=["GET", "POST"]),
        ]
        self.app = Starlette(routes=routes)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """See ASGI 3.0."""
        await self.app(scope, receive, send)

    def _route(self, page: Page) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._answer(page, request)

        methods = [name for name, answer in (("GET", page.get), ("POST", page.post)) if answer is not None]
        return Route(page.path, endpoint, methods=methods)

    async def _nothing(self, request: Request) -> Response:
        return await self._answer(Page("", get=failures.nothing_here, post=failures.nothing_here, open=False), request)

    async def _answer(self, page: Page, request: Request) -> Response:
        try:
            visit = await run_in_threadpool(self._keeper.visit, request)
        except ShindanError as error:
            return self._finished(request, failures.plain(error))
        try:
            response = await self._of(page, visit)
        except ShindanError as error:
            if failures.status_of(error) >= 500:
                self._options.log(failures.event_of(visit, error))
            response = await run_in_threadpool(failures.page_of, visit, error)
        except Exception as error:  # noqa: BLE001 - a visitor is told, with what to look for in the log
            self._options.log(failures.event_of(visit, error))
            response = await run_in_threadpool(failures.page_of, visit, Unexpected())
        self._keeper.settle(visit, response)
        return self._finished(request, response)

    async def _of(self, page: Page, visit: Visit) -> Response:
        scope = visit.request.scope
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:  # PostgreSQL cannot be asked for it
            return await _called(failures.nothing_here, visit)
        if visit.signed_in is None and not page.open:
            return self._to_login(visit)
        if visit.signed_in is not None and (way := self._keeper.detour(visit, page)):
            return RedirectResponse(way, 303)
        if page.needs and not visit.may(page.needs):
            raise AccessDenied("ACCESS_DENIED", f"{visit.caller.principal} may not do {page.needs}")
        if visit.request.method == "POST":
            visit.form = await forms.read(visit.request)
            self._keeper.check_form(visit)
            return await _called(cast("Answer", page.post), visit)
        return await _called(cast("Answer", page.get), visit)

    def _to_login(self, visit: Visit) -> Response:
        wanted = visit.url() if visit.request.method == "GET" else ""
        response = RedirectResponse(failures.with_next(LOGIN, wanted), 303)
        if visit.is_fragment:  # htmx would put the form into the page: have the whole page go there
            response = RedirectResponse(LOGIN, 200)
            response.headers["hx-redirect"] = LOGIN
        return response

    def _finished(self, request: Request, response: Response) -> Response:
        return headers.protected(response, secure=request.url.scheme == "https")


async def _called(answer: Answer, visit: Visit) -> Response:
    if inspect.iscoroutinefunction(answer):
        return cast("Response", await answer(visit))
    return cast("Response", await run_in_threadpool(answer, visit))
