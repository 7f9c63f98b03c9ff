"""A console over a service with two accounts, and browsers that visit it: what its tests begin with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx

from service_world import ACCOUNT, World, worlds
from shindan.console import cookies
from shindan.console.door import Console
from shindan.console.options import Options
from shindan.service import sessions, users
from shindan.service.caller import Caller
from shindan.service.sessions import Terms

ADDRESS = "http://console.test"
PASSWORD = "correct horse battery"
ADMINISTRATOR, READER = "administrator", "reader"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class InProcess(httpx.BaseTransport):
    """Asks an ASGI application without a network between."""

    def __init__(self, app: Any, peer: str) -> None:
        self._transport = httpx.ASGITransport(app, client=(peer, 40000))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """See `httpx.BaseTransport`."""

        async def ask() -> httpx.Response:
            inner = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
            answer = await self._transport.handle_async_request(inner)
            # Still packed, if it came so: the client unpacks it.
            body = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]
            return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))

        return asyncio.run(ask())


class Browser(httpx.Client):
    """Somebody's browser: keeps cookies, follows no redirects by itself, and sends forms as pages of ours do."""

    csrf = ""

    def look(self, path: str, **headers: str) -> httpx.Response:
        """A page; the CSRF token in it is what the next form will send."""
        answer = self.get(path, headers=headers)
        found = _CSRF.search(answer.text)
        self.csrf = unescape(found[1]) if found else self.csrf
        return answer

    def fill(
        self, path: str, *, csrf: str | None = None, headers: Mapping[str, str] | None = None, **form: Any
    ) -> httpx.Response:
        """A form's answer; a page is looked at first where there is no token yet. Lists are several of a name."""
        if not self.csrf:
            self.look("/console/login" if cookies.SESSION not in self.cookies else "/console/account")
        fields = {"csrf": self.csrf if csrf is None else csrf, **form}
        return self.post(path, data=fields, headers={"origin": str(self.base_url).rstrip("/"), **(headers or {})})

    def said(self, answer: httpx.Response) -> str:
        """The page that a change leads to."""
        assert answer.status_code == 303, (answer.status_code, words(answer))
        return words(self.look(answer.headers["location"]))


@dataclass
class Site:
    """`world` is the service; `events` what was logged. Accounts have the users `administrator` and `reader`."""

    world: World
    console: Console
    options: Options
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def browser(self, address: str = ADDRESS, language: str = "en", peer: str = "192.0.2.7") -> Browser:
        """A browser of somebody who is not signed in."""
        made = Browser(transport=InProcess(self.console, peer), base_url=address)
        made.headers["accept-language"] = language
        return made

    def entered(
        self, name: str = ADMINISTRATOR, account: str = ACCOUNT, language: str = "en", how: str = "password"
    ) -> Browser:
        """A browser of a user who is signed in, without the time that a password takes."""
        caller = Caller(account, self.world.service.region, name)
        token = sessions.begin(self.world.service, caller, how, "192.0.2.7", "Firefox/140.0 Linux", self.options.terms)
        browser = self.browser(language=language)
        browser.cookies.set(cookies.SESSION, token)
        return browser


def words(answer: httpx.Response) -> str:
    """What a page says, without marks and white space."""
    plain = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", answer.text, flags=re.S)
    return " ".join(unescape(plain).split())


def sites(folder: Path, terms: Terms | None = None, **options: Any) -> Iterator[Site]:
    """A site on an empty database; for use in a fixture."""
    for world in worlds("sqlite", folder):
        for caller in (world.caller, world.other):
            users.create(world.service, caller, ADMINISTRATOR, administrator=True)
            users.create(world.service, caller, READER, policy_names=["ReadOnly"])
        events: list[Mapping[str, Any]] = []
        made = Options(terms or Terms(), log=events.append, **options)
        yield Site(world, Console(world.service, made), made, events)


def give_password(site: Site, name: str = ADMINISTRATOR, password: str = PASSWORD) -> None:
    """Lets a user sign in."""
    users.set_password(site.world.service, site.world.caller, name, password)


def rows(answer: httpx.Response) -> Sequence[str]:
    """The rows of a page's tables, as text."""
    return [
        " ".join(unescape(re.sub("<[^>]*>", " ", row)).split())
        for row in re.findall(r"<tr\b.*?</tr>", answer.text, re.S)
    ]


class _Fields(HTMLParser):
    """What a browser would send of one form as it stands."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside = action, False
        self.found: list[tuple[str, str]] = []
        self.name = self.text = ""
        self.options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("action") == self.action
        if not self.inside:
            return
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "input" and name != "csrf" and (kind not in ("checkbox", "radio") or "checked" in given):
            self.found.append((name, given.get("value", "")))
        elif tag in ("select", "textarea"):
            self.name, self.text, self.options = name, "", []
        elif tag == "option":
            self.options.append((given.get("value", ""), "selected" in given))

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        if tag == "form":
            self.inside = False
        if not self.inside:
            return
        if tag == "select" and self.options:
            self.found.append((self.name, next((value for value, on in self.options if on), self.options[0][0])))
        elif tag == "textarea":
            self.found.append((self.name, self.text.removeprefix("\n")))

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        self.text += data


def form_of(answer: httpx.Response, action: str) -> dict[str, Any]:
    """The fields of a page's form as a browser would send them; several of a name are a list."""
    read = _Fields(action)
    read.feed(answer.text)
    found: dict[str, Any] = {}
    for name, value in read.found:
        found[name] = (
            [*found[name], value]
            if isinstance(found.get(name), list)
            else [found[name], value]
            if name in found
            else value
        )
    return found


def at_field(answer: httpx.Response, name: str) -> str:
    """What a page says below a field."""
    below = re.search(f'<p class="hint" id="h-{name}">(.*?)</p>', answer.text, re.S)
    return " ".join(unescape(re.sub("<[^>]*>", "", below[1])).split()) if below else ""
