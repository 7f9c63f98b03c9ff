"""Signature version 4, verified in full, with the standard library alone.

Rules: AWS's "Signature Version 4 for API requests" (canonical request, string to sign, signing key). Beyond the
arithmetic it is checked that

- `host`, `x-amz-date` and every `x-amz-*` header that came are signed: what is not could be swapped on the way;
- the body is hashed here, and a hash that the client sent must agree: it would otherwise vouch for another body;
- the path is taken as it was sent: decoded and encoded again it may be another one;
- the credential's date is that of `x-amz-date`, its region and service are ours, and its clock is within 300 s;
- a session token is the one that belongs to the key;
- an unknown key costs the same arithmetic as a known one, and signatures are compared in constant time.

There is no cache of seen signatures: boto3 signs two equal calls in one second alike, and AWS takes both. Signatures in
the query (presigned URLs) are refused: an API of POST bodies has no use for them.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeVar
from urllib.parse import quote, unquote_to_bytes

from shindan.service.signature_error import SignatureError

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = 300
"""Seconds by which a client's clock may differ."""

_ALWAYS_SIGNED = ("host", "x-amz-date")
_STAMP = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_FIELDS = ((0, 4), (4, 6), (6, 8), (9, 11), (11, 13), (13, 15))
_BLANKS = re.compile(r"[ \t]+")
_HEX = re.compile(r"[0-9a-f]{64}")
_UNRESERVED = "-_.~"
_LONGEST_KEPT = 500
"""Characters of a claim that is remembered: who sends longer ones may not fill the memory with them."""

_NOBODYS_SECRET = secrets.token_hex(20)

_MISMATCH = (
    "the signature does not belong to this request; check the secret access key, and that nothing on the way changes "
    "the Host header, the path or the body"
)
_WRONG_ONE = "The security token included in the request is invalid."  # AWS's words; clients look for them


class Key(Protocol):
    """An access key that is in force. `session_token` and `expires_at` (ms) are None for a permanent one."""

    @property
    def secret(self) -> str: ...

    @property
    def session_token(self) -> str | None: ...

    @property
    def expires_at(self) -> int | None: ...


SomeKey = TypeVar("SomeKey", bound=Key)


class _Claim(NamedTuple):
    """What the Authorization header says, but for the signature; `scope` is the credential without the key."""

    key_id: str
    date: str
    region: str
    service: str
    scope: str
    signed: tuple[str, ...]


def verify(
    method: str,
    raw_path: str,
    raw_query: str,
    headers: Mapping[str, str],
    body: bytes,
    find_key: Callable[[str], SomeKey | None],
    *,
    services: frozenset[str],
    region: str,
    now: float,
) -> SomeKey:
    """The key that signed the request; `find_key` looks one up by its id, None for one unknown or not in force.

    `raw_path` and `raw_query` are as they were sent. `headers` have lower-case names; a header that came several times
    has its values joined by commas; bytes are mapped to characters one to one (Latin-1). `now` in seconds.

    Raises SignatureError: MissingAuthenticationTokenException for an unsigned request, IncompleteSignatureException for
    one that cannot be read, UnrecognizedClientException for an unknown key or a wrong session token,
    ExpiredTokenException for an expired key, InvalidSignatureException for the rest.
    """
    claim, signature = _claim(headers.get("authorization"), raw_query)
    stamp = headers.get("x-amz-date", "")
    _check_scope(claim, stamp, services, region)
    _check_clock(stamp, now)
    _check_signed(claim.signed, headers)
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-amz-content-sha256", digest) != digest:
        raise SignatureError("InvalidSignatureException", "x-amz-content-sha256 is not the hash of the body")
    key = find_key(claim.key_id)
    request = canonical_request(method, raw_path, raw_query, headers, claim.signed, digest)
    expected = _signature(key.secret if key else _NOBODYS_SECRET, claim, stamp, request)
    agrees = hmac.compare_digest(expected.encode(), signature.encode())
    if key is None:
        raise SignatureError("UnrecognizedClientException", _WRONG_ONE)
    if not agrees:
        raise SignatureError("InvalidSignatureException", _MISMATCH)
    _check_session(key, headers.get("x-amz-security-token"), now)
    return key


def canonical_request(
    method: str, raw_path: str, raw_query: str, headers: Mapping[str, str], signed: tuple[str, ...], digest: str
) -> bytes:
    """The text that both sides hash. Every service but S3 encodes the path once more than it was sent."""
    lines = "".join(f"{name}:{_trimmed(headers[name])}\n" for name in signed)
    path = "/" if raw_path in ("", "/") else quote(raw_path, safe="/~", encoding="latin-1")
    parts = (method, path, _canonical_query(raw_query), lines, ";".join(signed), digest)
    return "\n".join(parts).encode("latin-1")


@functools.lru_cache(maxsize=4096)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key derived for one day, region and service."""
    derived = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    return derived


def _signature(secret: str, claim: _Claim, stamp: str, request: bytes) -> str:
    text = f"{ALGORITHM}\n{stamp}\n{claim.scope}\n{hashlib.sha256(request).hexdigest()}"
    key = signing_key(secret, claim.date, claim.region, claim.service)
    return hmac.digest(key, text.encode(), "sha256").hex()


def _claim(authorization: str | None, raw_query: str) -> tuple[_Claim, str]:
    """The claim and the signature."""
    if authorization is None:
        if "x-amz-signature=" in raw_query.lower():
            raise _incomplete("signatures in the query are not taken here; sign by the Authorization header")
        raise SignatureError("MissingAuthenticationTokenException", "Missing Authentication Token")
    head, _, signature = authorization.rpartition("Signature=")
    if len(head) <= _LONGEST_KEPT and _HEX.fullmatch(signature):
        # A client signs all day under the same claim: only the signature is another one each time.
        return _kept_claim(head), signature
    return _read_claim(authorization)


@functools.lru_cache(maxsize=4096)
def _kept_claim(head: str) -> _Claim:
    return _read_claim(f"{head}Signature={'0' * 64}")[0]


def _read_claim(authorization: str) -> tuple[_Claim, str]:
    algorithm, _, rest = authorization.strip().partition(" ")
    if algorithm != ALGORITHM:
        raise _incomplete(f"the Authorization header must begin with {ALGORITHM}")
    pairs = [part.strip().partition("=") for part in rest.split(",")]
    parts = {name: value for name, _, value in pairs}
    if len(pairs) != 3 or set(parts) != {"Credential", "SignedHeaders", "Signature"}:
        raise _incomplete("the Authorization header must have Credential, SignedHeaders and Signature, each once")
    scope = parts["Credential"].split("/")
    if len(scope) != 5 or scope[4] != "aws4_request" or not scope[0] or not _HEX.fullmatch(parts["Signature"]):
        raise _incomplete("Credential is KEY/DATE/REGION/SERVICE/aws4_request and Signature 64 hexadecimal digits")
    signed = tuple(parts["SignedHeaders"].split(";"))
    if list(signed) != sorted(set(signed)):
        raise _invalid("SignedHeaders must be lower-case names in order, each once")
    return _Claim(scope[0], scope[1], scope[2], scope[3], "/".join(scope[1:]), signed), parts["Signature"]


def _check_scope(claim: _Claim, stamp: str, services: frozenset[str], region: str) -> None:
    if not _STAMP.fullmatch(stamp):
        raise _incomplete("x-amz-date must be there, in the form 20260131T235959Z")
    if claim.service not in services:
        raise _invalid(f"Credential should be scoped to correct service: {' or '.join(sorted(services))}")
    if claim.region != region:
        raise _invalid(f"Credential should be scoped to a valid region: this service is {region}")
    if claim.date != stamp[:8]:
        raise _invalid("the date of the Credential is not that of x-amz-date")


def _check_clock(stamp: str, now: float) -> None:
    try:
        moment = _moment(stamp)
    except ValueError:
        raise _incomplete(f"x-amz-date is no date: {stamp}") from None
    if abs(now - moment) <= SKEW:
        return
    ours = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    if moment < now:
        raise _invalid(f"Signature expired: {stamp} is more than {SKEW} s before {ours}; set the client's clock")
    raise _invalid(f"Signature not yet current: {stamp} is more than {SKEW} s after {ours}; set the client's clock")


@functools.lru_cache(maxsize=600)
def _moment(stamp: str) -> float:
    year, month, day, hour, minute, second = (int(stamp[start:end]) for start, end in _FIELDS)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


def _check_signed(signed: tuple[str, ...], headers: Mapping[str, str]) -> None:
    for name in signed:
        if name not in headers:
            raise _invalid(f"the signed header {name[:64]!r} did not come")
    for name in (*_ALWAYS_SIGNED, *(name for name in headers if name.startswith("x-amz-"))):
        if name not in signed:
            raise _invalid(f"the header {name[:64]!r} must be signed")


def _check_session(key: Key, token: str | None, now: float) -> None:
    if not hmac.compare_digest((token or "").encode(), (key.session_token or "").encode()):
        raise SignatureError("UnrecognizedClientException", _WRONG_ONE)
    if key.expires_at is not None and key.expires_at <= now * 1000:
        raise SignatureError("ExpiredTokenException", "The security token included in the request is expired")


def _trimmed(value: str) -> str:
    # Beyond ASCII, str.split() would take bytes of UTF-8 (0x85, 0xa0) for blanks.
    return " ".join(value.split()) if value.isascii() else _BLANKS.sub(" ", value.strip(" \t"))


def _canonical_query(raw_query: str) -> str:
    if not raw_query:
        return ""
    pairs = (part.partition("=") for part in raw_query.split("&") if part)
    return "&".join(f"{name}={value}" for name, value in sorted((_encoded(name), _encoded(v)) for name, _, v in pairs))


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe=_UNRESERVED)


def _incomplete(message: str) -> SignatureError:
    return SignatureError("IncompleteSignatureException", message)


def _invalid(message: str) -> SignatureError:
    return SignatureError("InvalidSignatureException", message)
