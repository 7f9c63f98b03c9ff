"""What botocore signs is accepted; what was changed afterwards, or is no full signature, is not."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.service.signature_error import SignatureError
from shindan.service.sigv4 import verify
from signing import KEY, NOW, REGION, FakeKey, signed

REQUESTS = 2000
Headers = dict[str, str]


def accept(
    headers: Headers,
    body: bytes = b"{}",
    *,
    path: str = "/",
    query: str = "",
    method: str = "POST",
    now: float = NOW,
    key: FakeKey | None = KEY,
) -> FakeKey:
    """Verifies; only the given key is known."""

    def find(id_: str) -> FakeKey | None:
        return key if key and id_ == key.id else None

    services = frozenset({"inspector"})
    return verify(method, path, query, headers, body, find, services=services, region=REGION, now=now)


def code(headers: Headers, body: bytes = b"{}", **given: object) -> str:
    """The code of the refusal; "" if there is none."""
    try:
        accept(headers, body, **given)  # type: ignore[arg-type]
    except SignatureError as error:
        return error.code
    return ""


def plain(body: bytes = b"{}", **given: object) -> Headers:
    """A signed request as boto3 sends it."""
    target = {"X-Amz-Target": "InspectorService.ListFindings", "Content-Type": "application/x-amz-json-1.1"}
    return signed(body, target, **given)  # type: ignore[arg-type]


def _random_request(draw: random.Random) -> tuple[str, str, str, Headers, bytes]:
    text = "".join(draw.choices(string.printable[:95] + "äß日本", k=draw.randrange(30)))
    method = draw.choice(["GET", "POST", "PUT"])
    path = "/" + "/".join(
        quote("".join(draw.choices(string.ascii_letters + " ~+*()é%", k=4))) for _ in range(draw.randrange(3))
    )
    pairs = [
        (quote(draw.choice("abcX-ä") * draw.randrange(1, 3), safe="-_.~"), quote(text, safe="-_.~"))
        for _ in range(draw.randrange(4))
    ]
    query = "&".join(f"{name}={value}" for name, value in pairs)
    headers = {
        "X-Amz-Target": "InspectorService." + "".join(draw.choices(string.ascii_letters, k=12)),
        "Content-Type": "application/x-amz-json-1.1",
        "X-Something": "  two   blanks \t between ",
        "User-Agent": "Boto3/1.44 md/Botocore",
    }
    return method, path, query, headers, text.encode() * draw.randrange(20)


@pytest.mark.slow
def test_what_botocore_signs_is_accepted_and_no_altered_copy() -> None:
    draw = random.Random(4)
    accepted, altered_accepted = 0, 0
    for _ in range(REQUESTS):
        method, path, query, headers, body = _random_request(draw)
        url = f"https://host.example{path}" + (f"?{query}" if query else "")
        sent = signed(body, headers, method=method, url=url)
        accepted += accept(sent, body, path=path, query=query, method=method) is KEY
        other_target = {**sent, "x-amz-target": sent["x-amz-target"] + "x"}
        other_host = {**sent, "host": "evil.example"}
        altered_accepted += not code(sent, body + b" ", path=path, query=query, method=method)
        altered_accepted += not code(other_target, body, path=path, query=query, method=method)
        altered_accepted += not code(other_host, body, path=path, query=query, method=method)
        altered_accepted += not code(sent, body, path=path + "x", query=query, method=method)
        altered_accepted += not code(sent, body, path=path, query=query + "&extra=1", method=method)
        altered_accepted += not code(sent, body, path=path, query=query, method="DELETE")
    assert accepted == REQUESTS
    assert altered_accepted == 0


def _without(name: str) -> Callable[[Headers], Headers]:
    return lambda sent: {key: value for key, value in sent.items() if key != name}


def _edited(old: str, new: str) -> Callable[[Headers], Headers]:
    return lambda sent: {**sent, "authorization": sent["authorization"].replace(old, new)}


def _flipped(sent: Headers) -> Headers:
    last = sent["authorization"][-1]
    return {**sent, "authorization": sent["authorization"][:-1] + ("0" if last != "0" else "1")}


INVALID, INCOMPLETE = "InvalidSignatureException", "IncompleteSignatureException"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_flipped, INVALID),
        (_edited("inspector/", "ec2/"), INVALID),
        (_edited(REGION, "us-east-1"), INVALID),
        (_edited("20261124", "20261123"), INVALID),
        (_edited("host;", ""), INVALID),
        (_edited("x-amz-date;", ""), INVALID),
        (_edited(";x-amz-target", ""), INVALID),
        (_edited("content-type;host", "host;content-type"), INVALID),
        (_edited("host;", "host;host;"), INVALID),
        (_edited("content-type;", "content-type;cookie;"), INVALID),
        (lambda sent: {**sent, "x-amz-user-agent": "unsigned"}, INVALID),
        (lambda sent: {**sent, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}, INVALID),
        (_without("content-type"), INVALID),
        (_without("x-amz-date"), INCOMPLETE),
        (lambda sent: {**sent, "x-amz-date": "20261399T000000Z"}, INVALID),
        (lambda sent: {**sent, "x-amz-date": "yesterday"}, INCOMPLETE),
        (_edited("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), INCOMPLETE),
        (_edited("aws4_request", "aws3_request"), INCOMPLETE),
        (_edited("Signature=", "Signatur="), INCOMPLETE),
        (_edited("Signature=", "Signature=x"), INCOMPLETE),
        (_edited(", Signature", ", Credential=a/b/c/d/aws4_request, Signature"), INCOMPLETE),
        (lambda sent: {**sent, "authorization": ""}, INCOMPLETE),
        (lambda sent: {**sent, "authorization": "Bearer token"}, INCOMPLETE),
        (_without("authorization"), "MissingAuthenticationTokenException"),
        (_edited(KEY.id, "AKIDUNKNOWN"), "UnrecognizedClientException"),
    ],
    ids=[
        "one digit of the signature", "another service", "another region", "another date in the scope",
        "host unsigned", "date unsigned", "target unsigned", "names out of order", "a name twice", "a signed header absent",
        "an unsigned x-amz header", "a payload that claims to be unsigned", "a signed header removed", "no date",
        "a date that is none", "a date of words", "another algorithm", "another terminator", "no signature",
        "a signature that is no hash", "two credentials", "an empty header", "another scheme", "no header", "an unknown key",
    ],
)  # fmt: skip
def test_what_is_no_full_signature_is_refused(change: Callable[[Headers], Headers], expected: str) -> None:
    assert code(plain()) == ""
    assert code(change(plain())) == expected


def test_a_date_that_the_calendar_lacks_is_told_apart() -> None:
    sent = plain()
    sent["x-amz-date"] = "20261132T000000Z"
    sent["authorization"] = sent["authorization"].replace("20261124", "20261132")
    assert code(sent) == INCOMPLETE


@pytest.mark.parametrize(
    ("late", "expected"), [(299, ""), (-299, ""), (301, INVALID), (-301, INVALID)], ids=lambda value: str(value)
)
def test_clocks_may_differ_by_five_minutes(late: int, expected: str) -> None:
    assert code(plain(), now=NOW + late) == expected


def test_a_wrong_clock_is_named() -> None:
    with pytest.raises(SignatureError, match=r"Signature expired: 20261124T120000Z .* 20261124T121000Z"):
        accept(plain(), now=NOW + 600)
    with pytest.raises(SignatureError, match="Signature not yet current"):
        accept(plain(), now=NOW - 600)


def test_another_secret_is_refused() -> None:
    assert code(plain(key=replace(KEY, secret="another"))) == INVALID


def test_a_hash_sent_along_must_be_the_bodys() -> None:
    body = b'{"maxResults": 1}'
    sent = signed(body, {"X-Amz-Content-SHA256": "0" * 64})
    assert code(sent, body) == INVALID


def test_a_presigned_address_is_refused_with_the_reason() -> None:
    query = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b"
    with pytest.raises(SignatureError, match="in the query are not taken here") as refused:
        accept({"host": "h"}, query=query)
    assert refused.value.code == INCOMPLETE


TEMPORARY = replace(KEY, session_token="FwoGZXIvYXdzEXAMPLE", expires_at=int(NOW * 1000) + 1000)


@pytest.mark.parametrize(
    ("signer", "known", "expected"),
    [
        (TEMPORARY, TEMPORARY, ""),
        (KEY, TEMPORARY, "UnrecognizedClientException"),
        (replace(TEMPORARY, session_token="another"), TEMPORARY, "UnrecognizedClientException"),
        (TEMPORARY, KEY, "UnrecognizedClientException"),
        (TEMPORARY, replace(TEMPORARY, expires_at=int(NOW * 1000)), "ExpiredTokenException"),
        (replace(TEMPORARY, secret="x"), replace(TEMPORARY, expires_at=0), INVALID),
    ],
    ids=["right token", "no token", "wrong token", "token for a permanent key", "expired", "expired but not theirs"],
)
def test_session_tokens(signer: FakeKey, known: FakeKey, expected: str) -> None:
    assert code(plain(key=signer), key=known) == expected


def test_a_path_is_taken_as_it_was_sent() -> None:
    sent = signed(b"{}", {}, url="https://h.example/a%2Fb")
    assert code(sent, path="/a%2Fb") == ""
    assert code(sent, path="/a/b") == INVALID


def test_characters_beyond_ascii_in_headers_count_byte_by_byte() -> None:
    sent = signed(b"{}", {"X-Amz-Meta": "à la carte"})
    on_the_wire = {name: value.encode().decode("latin-1") for name, value in sent.items()}
    assert code(on_the_wire) == ""


LATIN = st.text(st.characters(max_codepoint=255), max_size=40)
CLAIM = st.builds(
    "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}".format,
    LATIN,
    st.sampled_from([f"20261124/{REGION}/inspector/aws4_request", "a/b/c/aws4_request", ""]),
    st.sampled_from(["host;x-amz-date", "host", "", "host;x-amz-date;zz"]) | LATIN,
    st.just("0" * 64) | LATIN,
)


@given(
    st.dictionaries(st.sampled_from(["host", "x-amz-security-token", "x-amz-content-sha256", "zz"]), LATIN),
    st.none() | LATIN | CLAIM,
    st.just("20261124T120000Z") | LATIN,
    LATIN,
    LATIN,
)
@settings(max_examples=200)
def test_whatever_comes_is_refused_and_breaks_nothing(
    headers: Headers, authorization: str | None, stamp: str, path: str, query: str
) -> None:
    sent = {**headers, "x-amz-date": stamp}
    if authorization is not None:
        sent["authorization"] = authorization
    assert code(sent, path=path, query=query) != ""
