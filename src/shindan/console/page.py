"""What a page is: an address with a function that answers, and the visit that the function is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from shindan.console import cookies
from shindan.console.cookies import Signed
from shindan.console.forms import Form
from shindan.console.live import STREAM, events
from shindan.console.options import Options
from shindan.console.render import Words, environment
from shindan.model.errors import ShindanError
from shindan.model.refusals import AccessDenied, Refusal
from shindan.service.caller import Caller, allowed
from shindan.service.present import milliseconds
from shindan.service.service import Service
from shindan.service.sessions import SignedIn

Answer = Callable[["Visit"], "Response | Awaitable[Response]"]
"""A function of a page: plain ones run in a thread and may wait for the database, `async` ones must not."""

FLASH_SECONDS = 300
ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Page:
    """An address (`/console/hosts/{id}`) with what answers GET and POST there.

    `needs` is what a caller must be allowed to do to come here at all (`shindan:ListHosts`, or `administrator`), on top
    of what the service asks for itself. `open`: for visitors who are not signed in, too.
    """

    path: str
    get: Answer | None = None
    post: Answer | None = None
    needs: str = ""
    open: bool = False


@dataclass(slots=True)
class Visit:
    """One request of a page. `form` is what was sent with a POST; its CSRF token was looked at before."""

    request: Request
    service: Service
    options: Options
    signed: Signed
    signed_in: SignedIn | None
    words: Words
    theme: str
    csrf: str
    ways: tuple[Any, ...] = ()
    form: Form = field(default_factory=lambda: Form([]))
    flashes: list[tuple[str, str]] = field(default_factory=list)
    _said: list[tuple[str, str]] = field(default_factory=list)

    @property
    def caller(self) -> Caller:
        """Who visits. Raises AccessDenied for somebody who is not signed in."""
        if self.signed_in is None:
            raise AccessDenied("ACCESS_DENIED", "nobody is signed in")
        return self.signed_in.caller

    @property
    def path(self) -> str:
        """The address without its query."""
        return self.request.url.path

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    def part(self, name: str) -> str:
        """A part of the address: the `{id}` of `/console/hosts/{id}`."""
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        """A parameter of the address; the last of several."""
        return self.request.query_params.get(name, default).strip()

    def queries(self, name: str) -> list[str]:
        """Every value of a parameter that is not empty."""
        return [value for value in self.request.query_params.getlist(name) if value]

    def may(self, action: str, resource: str = "*") -> bool:
        """Whether the visitor's policies allow an action: what a page offers, and what it leaves out."""
        if self.signed_in is None:
            return False
        if action == ADMINISTRATOR:
            return self.signed_in.caller.administrator
        return not action or allowed(self.signed_in.caller, action, [resource])

    def gettext(self, text: str, /, **values: object) -> str:
        """A text in the visitor's language; `%(name)s` in it are `values`."""
        return self.words.text(text, **values)

    def ngettext(self, one: str, many: str, count: int, /, **values: object) -> str:
        """A text in the visitor's language that says a number: `%(num)s`."""
        return self.words.counted(one, many, count, **values)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """The page of a template."""
        self.flashes.extend(self._kept())
        response = HTMLResponse(self.part_of(template, **values), status_code=status)
        cookies.take(self.request, response, cookies.FLASH)
        return response

    def redirect(self, to: str, said: str = "", kind: str = "good") -> Response:
        """Sends the browser on after a change (303); `said` is shown there, once. `kind`: `good`, `note` or `bad`."""
        if said:
            self._said.append((kind, said))
        response = RedirectResponse(to, status_code=303)
        if self._said:
            kept = self.signed.seal("flash", [[kind, text[:500]] for kind, text in self._said])
            cookies.put(self.request, response, cookies.FLASH, kept, FLASH_SECONDS)
        return response

    def refused(self, template: str, error: ShindanError, **values: Any) -> Response:
        """The page of a form again, with why what it sent was refused; `form` gives the template what was written."""
        status = 403 if isinstance(error, AccessDenied) else 422 if isinstance(error, Refusal) else 500
        return self.page(template, status, error=error, **values)

    def live(self, ask: Callable[[], str | None], every: float = 2.0) -> Response:
        """Server-sent events: what `ask` (in a thread) gives, as soon as it changes. None has the page loaded anew.

        It ends with the visitor, and after ten minutes: the browser comes back by itself, and is looked at again.
        """
        return StreamingResponse(events(self.request, ask, every), media_type="text/event-stream", headers=STREAM)

    def part_of(self, template: str, **values: Any) -> str:
        """A template as text: a fragment for `live`."""
        return environment().get_template(template).render(
            visit=self, request=self.request, now=milliseconds(), **self.words.functions(), **values
        )  # fmt: skip

    def url(self, **changes: object) -> str:
        """This address with other parameters: None or "" takes one away, a list gives several."""
        return _address(self.path, self._changed(changes))

    def toggled(self, name: str, value: str) -> str:
        """This address with one value of a parameter put in, or taken out where it is in; from the first page."""
        values = self.queries(name)
        values = [one for one in values if one != value] if value in values else [*values, value]
        return _address(self.path, self._changed({name: values, "page": None}))

    def _changed(self, changes: Mapping[str, object]) -> list[tuple[str, str]]:
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name not in changes]
        for name, value in changes.items():
            several = value if isinstance(value, list | tuple) else [value]
            kept += [(name, str(one)) for one in several if one not in (None, "")]
        return kept

    def _kept(self) -> list[tuple[str, str]]:
        kept = self.signed.unseal("flash", cookies.read(self.request, cookies.FLASH), FLASH_SECONDS)
        return [(str(kind), str(text)) for kind, text in kept or []]


def link(*parts: object, **query: object) -> str:
    """An address of the console from its parts, which may hold anything: `link("hosts", id)`."""
    path = "/console/" + "/".join(quote(str(part), safe="") for part in parts)
    return _address(path, [(name, str(value)) for name, value in query.items() if value not in (None, "")])


def _address(path: str, query: Iterable[tuple[str, str]]) -> str:
    text = urlencode(list(query))
    return f"{path}?{text}" if text else path
