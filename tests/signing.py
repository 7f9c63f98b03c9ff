"""Requests as boto3's own signer signs them, and keys to check them with."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from shindan.service.caller import Caller

REGION = "us-west-2"
ACCOUNT = "123456789012"
NOW = 1_795_521_600.0
"""2026-11-24T12:00:00Z."""

ADMINISTRATOR = Caller(ACCOUNT, REGION, "ada", administrator=True)


@dataclass(frozen=True)
class FakeKey:
    """A key in force."""

    id: str = "AKIDEXAMPLE000000001"
    secret: str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    session_token: str | None = None
    expires_at: int | None = None
    caller: Caller = field(default=ADMINISTRATOR)


KEY = FakeKey()


def signed(
    body: bytes,
    headers: dict[str, str],
    *,
    key: FakeKey = KEY,
    service: str = "inspector",
    region: str = REGION,
    method: str = "POST",
    url: str = "https://inspector.example:8443/",
    at: float = NOW,
) -> dict[str, str]:
    """All headers of a request that botocore signed at a moment, by lower-case name."""
    request: Any = AWSRequest(method=method, url=url, data=body, headers=headers)
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    credentials = Credentials(key.id, key.secret, key.session_token)
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        SigV4Auth(credentials, service, region).add_auth(request)
    found = {name.lower(): str(value) for name, value in request.headers.items()}
    found.setdefault("host", request.url.split("/")[2])
    return found
