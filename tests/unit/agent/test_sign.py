"""Our signatures, judged by botocore's and by the service's own check."""

from __future__ import annotations

import datetime
import time
from typing import Any
from urllib.parse import quote

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_server import Enrolled
from shindan.agent.sign import SERVICE, signed
from shindan.service.signature_error import SignatureError
from shindan.service.sigv4 import verify

NOW = 1_795_521_600.0
HOST = "inspect.example:8443"
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


def ours(method: str, path: str, query: str, body: bytes, extra: dict[str, str]) -> dict[str, str]:
    return signed(method, path, query, {"host": HOST, **extra}, body, "SAGT1", "top/secret+", "eu-west-1", NOW)


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(["agent", "v1", "batches", "ab%2Fc", "a~b", "x y".replace(" ", "%20")]), max_size=4),
    st.lists(st.tuples(st.sampled_from(["offset", "a", "b-c", "~"]), TEXT), max_size=3, unique_by=lambda pair: pair[0]),
    st.binary(max_size=50),
    TEXT,
)
def test_botocore_signs_the_same(words: list[str], pairs: list[tuple[str, str]], body: bytes, header: str) -> None:
    path = "/" + "/".join(words)
    query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    extra = {"x-shindan-sequence": "17", "x-shindan-batch": header.strip() or "-"}
    found = ours("POST", path, query, body, extra)
    request = AWSRequest("POST", f"https://{HOST}{path}" + (f"?{query}" if query else ""), data=body)
    for name, value in {**extra, "x-amz-content-sha256": found["x-amz-content-sha256"]}.items():
        request.headers[name] = value
    assert found["authorization"] == _botocore(request)


def _botocore(request: Any) -> str:
    signer = botocore.auth.SigV4Auth(Credentials("SAGT1", "top/secret+"), SERVICE, "eu-west-1")
    moment = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    request.headers["X-Amz-Date"] = request.context["timestamp"]
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    headers = signer.signed_headers(signer.headers_to_sign(request))
    return f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={headers}, Signature={signature}"


@pytest.mark.parametrize(
    ("case", "changed"),
    [
        ("as it is", {}),
        ("another body", {"body": b"other"}),
        ("another path", {"path": "/agent/v1/poll2"}),
        ("another query", {"query": "offset=1"}),
        ("another sequence", {"headers": {"x-shindan-sequence": "18"}}),
        ("another host", {"headers": {"host": "elsewhere"}}),
    ],
)
def test_the_service_takes_it_and_nothing_else(case: str, changed: dict[str, Any]) -> None:
    sent = {"body": b"{}", "path": "/agent/v1/poll", "query": "offset=0"}
    headers = ours("POST", sent["path"], sent["query"], sent["body"], {"x-shindan-sequence": "17"})  # type: ignore[arg-type]
    sent.update(changed)
    headers.update(sent.pop("headers", {}))  # type: ignore[arg-type]
    key = Enrolled("i-1", "top/secret+", "", "")

    def judged() -> Enrolled:
        return verify(
            "POST", sent["path"], sent["query"], headers, sent["body"], lambda _: key,  # type: ignore[arg-type]
            services=frozenset({SERVICE}), region="eu-west-1", now=NOW,
        )  # fmt: skip

    if case == "as it is":
        assert judged() is key
    else:
        with pytest.raises(SignatureError):
            judged()


def test_the_date_is_of_the_moment_given() -> None:
    assert ours("GET", "/", "", b"", {})["x-amz-date"] == time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(NOW))
