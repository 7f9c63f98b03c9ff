"""What an answer over HTTP means to a download: whether to try again, to go on, or to give up and say why.

httpx is imported by the functions that need it: it takes 70 ms, and most commands never dial out.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from shindan.feeds.download_kept import Part
from shindan.feeds.download_reach import REMEDY
from shindan.model.errors import FeedError

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 15.0
_PACKED = (".gz", ".tgz", ".br", ".zst")


class AnewError(Exception):
    """What is kept of a cut download does not fit: it is fetched from its beginning."""


def persistence(part: Part) -> Callable[[Exception], bool | float]:
    """Whether another try is worth it: a cut connection or a busy server may do better, a refusal will not."""
    import httpx

    sizes = [part.size()]

    def persist(error: Exception) -> bool | float:
        before = sizes[-1]
        sizes.append(part.size())
        if isinstance(error, httpx.HTTPStatusError):
            return error.response.status_code in _TRANSIENT and asked_wait(error.response)
        if isinstance(error, httpx.ReadTimeout):
            return sizes[-1] > before
        return isinstance(error, (httpx.ReadError, httpx.RemoteProtocolError, httpx.WriteError, AnewError))

    return persist


def asked_wait(answer: Any) -> bool | float:
    """What the server asks in Retry-After (RFC 9110 section 10.2.3), in seconds; False where it is too long."""
    asked = answer.headers.get("Retry-After", "")
    if not asked.isascii() or not asked.isdigit():
        return True
    return float(asked) or True if float(asked) <= _LONGEST_WAIT else False


def refuse_downgrade(answer: Any) -> None:
    """A redirect from https to http would take the content out of TLS, which vouches for it."""
    if answer.has_redirect_location and answer.request.url.scheme == "https":
        target = answer.request.url.join(answer.headers["Location"])
        if target.scheme != "https":
            raise FeedError(f"{answer.request.url} redirects to {target}, which is not protected")


def first_byte(answer: Any) -> int | None:
    """Where a partial answer begins (RFC 9110 section 14.4: `bytes 100-199/200`)."""
    unit, _, span = answer.headers.get("Content-Range", "").partition(" ")
    first = span.partition("-")[0]
    return int(first) if unit == "bytes" and first.isascii() and first.isdigit() else None


def is_encoded(answer: Any, url: str) -> bool:
    """Whether the body was compressed on its way although nobody asked; `.gz` files are often only labelled so."""
    return bool(answer.headers.get("Content-Encoding")) and not urlsplit(url).path.endswith(_PACKED)


def expected_size(answer: Any, begin: int) -> int | None:
    """Bytes of the whole file, where the answer tells; `begin` bytes of it are there already."""
    length = answer.headers.get("Content-Length", "")
    return begin + int(length) if length.isascii() and length.isdigit() else None


def refused(url: str, status: int) -> FeedError:
    """What is told of a status that is no answer to the question."""
    remedy = {404: "the publisher may have moved it: set another address", 407: "the proxy wants a name and a password"}
    return FeedError(f"{url} answered with status {status}", remedy=remedy.get(status, ""))


def remedy_for(error: BaseException) -> str:
    """What to do where no connection came about: another one where a certificate is the reason."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return "if a proxy or mirror of your site signs with its own CA, name that CA's file in SHINDAN_CA_FILE"
        cause = cause.__cause__ or cause.__context__
    return REMEDY
