"""Cookies: the session's, small signed ones, and what a visitor prefers."""

from __future__ import annotations

from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

SESSION, GUEST, STEP, FLASH, OIDC = "shindan", "shindan-guest", "shindan-step", "shindan-flash", "shindan-oidc"
LANGUAGE, THEME, ZONE = "shindan-language", "shindan-theme", "shindan-zone"
_YEAR = 31_536_000


def named(request: Request, name: str) -> str:
    """A cookie's full name: over TLS no other host and no plain connection can set one of it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def read(request: Request, name: str) -> str:
    """The value of a cookie; "" where there is none."""
    return request.cookies.get(named(request, name), "")


def put(request: Request, response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Sets a cookie that scripts cannot read; without `seconds` it goes with the browser's window."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        named(request, name), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )


def take(request: Request, response: Response, name: str) -> None:
    """Has the browser forget a cookie."""
    if named(request, name) in request.cookies:
        response.delete_cookie(
            named(request, name), path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
        )


def prefer(request: Request, response: Response, name: str, value: str) -> None:
    """Keeps what somebody prefers, for a year."""
    put(request, response, name, value, _YEAR)


class Signed:
    """Values that a browser keeps for us and cannot change, each for one purpose."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, purpose: str, value: Any) -> str:
        """The value (JSON) as a text for a cookie or a field."""
        return str(self._of(purpose).dumps(value))

    def unseal(self, purpose: str, text: str, seconds: int) -> Any:
        """The value; None where the text is not of this purpose, was changed, or is older."""
        try:
            return self._of(purpose).loads(text, max_age=seconds) if text else None
        except BadData:
            return None

    def _of(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._key, salt=f"shindan.console.{purpose}")
