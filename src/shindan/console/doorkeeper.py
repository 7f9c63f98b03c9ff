"""Looks at who comes: session, language, theme; and whether a form came from a page that we gave to that visitor."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hmac import compare_digest

from starlette.requests import Request
from starlette.responses import Response

from shindan.console import cookies, forms
from shindan.console.cookies import Signed
from shindan.console.errors import NotFromHere
from shindan.console.navigation import NAVIGATION, Way
from shindan.console.options import Options
from shindan.console.page import Page, Visit
from shindan.console.render import Words
from shindan.locale import LANGUAGES, negotiated
from shindan.service import sessions
from shindan.service.service import Service
from shindan.service.sessions import SignedIn

THEMES = ("light", "dark")
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
SECOND_FACTOR = "/console/account/second-factor"
_CSRF_SECONDS = 86_400
_ZONE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the navigation that this visitor sees."""

    label: str
    ways: tuple[Way, ...]


class Doorkeeper:
    """Makes visits of requests. `paths` are the pages that there are."""

    def __init__(self, service: Service, options: Options, paths: frozenset[str]) -> None:
        self._service = service
        self._options = options
        self._paths = paths
        self._signed = Signed(service.keys["console"])

    def visit(self, request: Request) -> Visit:
        """The visit of a request; reads the session from the database."""
        token = cookies.read(request, cookies.SESSION)
        address = request.client.host if request.client else ""
        signed_in = sessions.resume(self._service, token, address, self._options.terms)
        holder = (
            signed_in.session.id if signed_in else cookies.read(request, cookies.GUEST) or secrets.token_urlsafe(24)
        )
        visit = Visit(
            request, self._service, self._options, self._signed, signed_in,
            Words(_language(request, signed_in), cookies.read(request, cookies.ZONE)[:_ZONE_LENGTH]),
            _theme(request, signed_in), self._signed.seal("csrf", holder),
        )  # fmt: skip
        request.state.holder = holder
        visit.ways = self._ways(visit)
        return visit

    def check_form(self, visit: Visit) -> None:
        """Raises NotFromHere unless a page of ours, of this very session, sent the form."""
        request = visit.request
        given = request.headers.get(CSRF_HEADER) or visit.form[CSRF_FIELD]
        holder = self._signed.unseal("csrf", given, _CSRF_SECONDS)
        good = isinstance(holder, str) and compare_digest(holder.encode(), str(request.state.holder).encode())
        if not good or not forms.is_from_here(request, self._service.public_url):
            raise NotFromHere

    def detour(self, visit: Visit, page: Page) -> str:
        """Where a visitor must go first; "" for nowhere."""
        lacks = self._options.totp_required and visit.signed_in is not None and not visit.signed_in.second_factor
        needed = lacks and visit.signed_in is not None and visit.signed_in.session.how != "oidc"
        return SECOND_FACTOR if needed and not page.open and page.path != SECOND_FACTOR else ""

    def settle(self, visit: Visit, response: Response) -> None:
        """Gives a guest the cookie that forms are bound to."""
        if visit.signed_in is None and not cookies.read(visit.request, cookies.GUEST):
            cookies.put(visit.request, response, cookies.GUEST, visit.request.state.holder)

    def _ways(self, visit: Visit) -> tuple[Section, ...]:
        if visit.signed_in is None:
            return ()
        found = [
            Section(label, tuple(way for way in ways if way.path in self._paths and visit.may(way.action)))
            for label, ways in NAVIGATION
        ]
        return tuple(section for section in found if section.ways)


def _language(request: Request, signed_in: SignedIn | None) -> str:
    for said in (signed_in.language if signed_in else "", cookies.read(request, cookies.LANGUAGE)):
        if said in LANGUAGES:
            return said
    return negotiated(request.headers.get("accept-language", ""))


def _theme(request: Request, signed_in: SignedIn | None) -> str:
    said = (signed_in.theme if signed_in else "") or cookies.read(request, cookies.THEME)
    return said if said in THEMES else ""
