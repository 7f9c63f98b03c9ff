"""A service elsewhere, asked over HTTPS with an access key, as boto3 would; requests are signed by botocore."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, BinaryIO, Protocol
from urllib.parse import urlencode, urlsplit

from shindan.model.errors import ShindanError

_TIMEOUT = 60.0
_PREFIX = "InspectorService."


_REFUSED = {
    "UnrecognizedClientException": "no such key is in force there: `shindan keys list` on the server names those that "
    "are, `shindan keys create USER` makes one",
    "InvalidSignatureException": "AWS_SECRET_ACCESS_KEY is not the one that was shown with this key, or a proxy "
    "changed the request: `shindan keys create USER` makes another key",
    "AccessDeniedException": "the key's user lacks this right: `shindan users set USER --policy …` on the server",
}
"""What to do about refusals that do not say it."""


class Api(Protocol):
    """The API of a service, here or elsewhere."""

    @property
    def region(self) -> str:
        """The region that it is asked for."""
        ...

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """The answer of an operation, as its model describes it; {} for none. Raises ShindanError for a refusal."""
        ...

    def own(self, verb: str, **request: Any) -> dict[str, Any]:
        """The answer of a verb that the assessment API does not have. Raises ShindanError for a refusal."""
        ...

    def save(self, url: str, stream: BinaryIO) -> int:
        """Writes what lies at an address that the service gave out, piece by piece; its bytes. Raises ShindanError."""
        ...


class RemoteError(ShindanError):
    """The service elsewhere refused, or could not be reached."""

    def __init__(self, message: str = "", *, type_: str = "", remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.type = type_


class Remote:
    """See `Api`. Key, region and trusted authority come from where every AWS tool takes them.

    AWS_ACCESS_KEY_ID and its relatives, AWS_PROFILE, ~/.aws; AWS_CA_BUNDLE. Raises RemoteError where there is no key.
    """

    def __init__(self, endpoint: str, region: str | None = None) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RemoteError(f"{endpoint!r} is no address of a service", remedy="such as https://shindan.example:8443")
        self._endpoint = endpoint.rstrip("/")
        session = _session()
        self._credentials = session.get_credentials()
        if self._credentials is None:
            raise RemoteError(
                "there is no access key to sign with",
                remedy="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
            )
        self._region = region or session.get_config_variable("region") or "us-east-1"
        self._bundle = session.get_config_variable("ca_bundle")

    @property
    def region(self) -> str:
        """See `Api.region`."""
        return str(self._region)

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        """See `Api.call`."""
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _PREFIX + operation}
        return self._post("/", body, headers)

    def own(self, verb: str, **request: Any) -> dict[str, Any]:
        """See `Api.own`."""
        return self._post(f"/shindan/{verb}", json.dumps(request).encode(), {"Content-Type": "application/json"})

    def submit(self, facts: bytes, query: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Hands facts in; `query` says what is to be said beside them. The host as the service now knows it."""
        path = f"/facts?{urlencode(list(query))}" if query else "/facts"
        return self._post(path, facts, {"Content-Type": "application/x-ndjson"})

    def save(self, url: str, stream: BinaryIO) -> int:
        """See `Api.save`."""
        import httpx

        try:
            with httpx.stream("GET", url, verify=self._trust(), timeout=_TIMEOUT) as answer:
                answer.raise_for_status()
                return sum(stream.write(piece) for piece in answer.iter_bytes())
        except httpx.HTTPError as error:
            raise RemoteError(f"{url} cannot be fetched: {error}") from error

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        # Both take a while to import, and most commands dial nobody.
        import httpx
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        url = self._endpoint + path
        signed = AWSRequest(method="POST", url=url, data=body, headers=headers)
        SigV4Auth(self._credentials, "inspector", self._region).add_auth(signed)
        sent = dict(signed.headers)
        try:
            answer = httpx.post(url, content=body, headers=sent, verify=self._trust(), timeout=_TIMEOUT)
        except httpx.HTTPError as error:
            raise RemoteError(f"{self._endpoint} cannot be reached: {error}", remedy=_unreached(error)) from error
        return _read(answer.status_code, answer.content)

    def _trust(self) -> Any:
        import ssl

        return ssl.create_default_context(cafile=self._bundle) if self._bundle else True


def _session() -> Any:
    try:
        import botocore.session
    except ImportError:
        raise RemoteError(
            "asking a service elsewhere needs botocore", remedy="install it with: pip install 'shindan[aws]'"
        ) from None
    return botocore.session.get_session()


def _unreached(error: Exception) -> str:
    """What to do where no answer came."""
    said = str(error).lower()
    if "expired" in said:
        return "the server's certificate has ended: `shindan cert renew` there, then `systemctl reload shindan`"
    if "certif" in said:
        return "for an authority of your own, name its file in AWS_CA_BUNDLE"
    if "wrong version number" in said or "record layer" in said:
        return "no TLS is spoken there: write http://, or ask the port that speaks it"
    if "disconnected without" in said:
        return "is TLS spoken there? write https://"
    if "name" in said and ("known" in said or "resolution" in said):
        return "is the name written right, and known to this machine?"
    return "does `shindan serve` run there, is that its port, and does a firewall let it through?"


def _read(status: int, content: bytes) -> dict[str, Any]:
    try:
        read = json.loads(content) if content else {}
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise RemoteError(f"that is no Shindan: it answered {status} with something else than JSON")
    if status != 200:
        type_ = str(read.get("__type", "")).rpartition("#")[2]
        raise RemoteError(f"{type_}: {read.get('message') or status}", type_=type_, remedy=_REFUSED.get(type_, ""))
    return read
