"""The chain without a server: what each step refuses, in which order, and how answers and errors look on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

import anyio
import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from shindan.api.exchange import Exchange, Reply, joined
from shindan.api.gateway import LARGEST_BODY, Gateway
from shindan.api.operations import NEEDS_NO_DATABASE, OPERATIONS
from shindan.api.spec import spec
from shindan.api.steps import Ports
from shindan.api.throttle import Throttle
from shindan.model.refusals import AgentsAlreadyRunning, NoSuchEntity, PreviewInProgress, RunInProgress
from shindan.service.service import Service
from signing import ACCOUNT, ADMINISTRATOR, KEY, NOW, REGION, FakeKey, signed

TARGET = f"arn:aws:inspector:{REGION}:{ACCOUNT}:target/0-Ab12Cd34"


class FakeService:
    """As much of the service as the steps touch."""

    region = REGION


class Door:
    """A gateway whose one operation is given, and the events that it logs."""

    def __init__(
        self, operation: Callable[..., Any] | None = None, *, key: FakeKey = KEY, throttle: Throttle | None = None
    ) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.called: list[Any] = []

        def find(id_: str) -> FakeKey | None:
            return key if id_ == key.id else None

        def default(service: Any, caller: Any, request: Any) -> Any:
            self.called.append((caller, request))
            return operation(request) if operation else None

        operations = dict.fromkeys(OPERATIONS, default)
        service = cast("Service", FakeService())
        ports = Ports(service, find, self.events.append, lambda: NOW, throttle or Throttle(), operations)
        self.gateway = Gateway(ports)
        self.key = key

    def send(self, operation: str, body: bytes = b"{}", *, key: FakeKey | None = None) -> Reply:
        """A signed request."""
        headers = {"X-Amz-Target": f"InspectorService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        return self.raw(body, signed(body, headers, key=key or self.key))

    def raw(self, body: bytes, headers: dict[str, str]) -> Reply:
        """A request with these very headers."""
        return self.gateway.reply(Exchange("POST", "/", "", headers, body))


def told(reply: Reply) -> dict[str, Any]:
    """The body of an answer."""
    read: dict[str, Any] = msgspec.json.decode(reply.body)
    return read


def test_an_answer_has_its_id_and_the_protocols_form() -> None:
    door = Door(lambda request: {"assessmentTargetArns": [TARGET], "nextToken": None})
    reply = door.send("ListAssessmentTargets", b'{"maxResults": 5, "filter": null}')
    assert (reply.status, told(reply)) == (200, {"assessmentTargetArns": [TARGET]})
    assert reply.headers["content-type"] == "application/x-amz-json-1.1"
    assert len(reply.headers["x-amzn-RequestId"]) == 36
    assert door.called == [(ADMINISTRATOR, {"maxResults": 5, "filter": None})]


def test_an_operation_without_output_answers_with_an_empty_body() -> None:
    reply = Door().send("DeleteAssessmentTarget", msgspec.json.encode({"assessmentTargetArn": TARGET}))
    assert (reply.status, reply.body) == (200, b"")


def test_an_empty_body_counts_as_an_empty_object() -> None:
    assert (
        Door(lambda request: {"roleArn": "r", "valid": True, "registeredAt": 0})
        .send("DescribeCrossAccountAccessRole", b"")
        .status
        == 200
    )


@pytest.mark.parametrize(
    ("operation", "body", "type_"),
    [
        ("NoSuchThing", b"{}", "UnknownOperationException"),
        ("", b"{}", "UnknownOperationException"),
        ("ListFindings", b"{", "SerializationException"),
        ("ListFindings", b"[]", "SerializationException"),
        ("ListFindings", b"null", "SerializationException"),
        ("ListFindings", b'{"maxResults": 1e999}', "SerializationException"),
        ("ListFindings", b'{"maxResults": "5"}', "SerializationException"),
        ("ListFindings", b'{"nextToken": "\\ud800"}', "SerializationException"),
        ("ListFindings", b'{"nextToken": "\xff"}', "SerializationException"),
        ("ListFindings", b"[" * 100_000, "SerializationException"),
        ("ListFindings", b'{"maxResults": NaN}', "SerializationException"),
        ("ListFindings", b'{"nextToken": ""}', "InvalidInputException"),
        ("StartAssessmentRun", b"{}", "InvalidInputException"),
    ],
    ids=["unknown operation", "no operation", "cut off", "array", "null", "huge number", "text for number", "half a pair", "no UTF-8", "deep", "NaN", "too short", "missing"],
)  # fmt: skip
def test_what_is_no_good_request_is_refused_before_the_verb(operation: str, body: bytes, type_: str) -> None:
    door = Door()
    reply = door.send(operation, body)
    assert (reply.status, told(reply)["__type"]) == (400, type_)
    assert 0 < len(told(reply)["message"]) <= 1000
    assert door.called == []


def _raise(error: Exception) -> Callable[[Any], Any]:
    def operation(request: Any) -> Any:
        raise error

    return operation


def _encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)


WORDS = st.sampled_from(["assessmentRunArns", "filter", "severities", "maxResults", "attributes", "key", "findingArns"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=10,
)
FRONT = {"UnknownOperationException", "SerializationException", "InvalidInputException"}


@given(st.sampled_from([*OPERATIONS, "Nothing"]), st.binary(max_size=30) | VALUES.map(_encoded))
@settings(max_examples=200)
def test_whatever_the_body_the_answer_is_a_modelled_one(operation: str, body: bytes) -> None:
    reply = Door(_raise(NoSuchEntity("FINDING_DOES_NOT_EXIST", "no"))).send(operation, body)
    assert reply.status == 400
    assert told(reply)["__type"] in {*FRONT, "NoSuchEntityException"}


def test_errors_come_in_their_order() -> None:
    """Each request has all the faults that the ones behind it have."""
    nobody = replace(KEY, caller=replace(ADMINISTRATOR, administrator=False))
    door = Door(lambda request: pytest.fail("reached the verb"), key=nobody)
    wrong = replace(nobody, secret="wrong")
    bad_type, bad_form, good = (
        b'{"assessmentTargetArn": 1}',
        b"{}",
        msgspec.json.encode({"assessmentTargetArn": TARGET}),
    )
    assert told(door.send("Nothing", bad_type, key=wrong))["__type"] == "InvalidSignatureException"
    assert told(door.send("Nothing", bad_type))["__type"] == "UnknownOperationException"
    assert told(door.send("DeleteAssessmentTarget", bad_type))["__type"] == "SerializationException"
    assert told(door.send("DeleteAssessmentTarget", bad_form))["__type"] == "InvalidInputException"
    assert told(door.send("DeleteAssessmentTarget", good))["__type"] == "AccessDeniedException"


def _may(*actions: str, resource: str = "*") -> FakeKey:
    policy = {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}
    return replace(KEY, caller=replace(ADMINISTRATOR, administrator=False, policies=(policy,)))


@pytest.mark.parametrize(
    ("key", "operation", "request_", "expected"),
    [
        (_may("inspector:List*"), "ListFindings", {}, 200),
        (_may("inspector:List*"), "DeleteAssessmentTarget", {"assessmentTargetArn": TARGET}, 400),
        (_may("inspector:*", resource=f"{TARGET}*"), "DeleteAssessmentTarget", {"assessmentTargetArn": TARGET}, 200),
        (_may("inspector:*", resource=f"{TARGET}*"), "DeleteAssessmentTarget", {"assessmentTargetArn": TARGET[:-1] + "5"}, 400),
        (_may("inspector:*", resource=f"{TARGET}*"), "DescribeAssessmentTargets", {"assessmentTargetArns": [TARGET, TARGET[:-1] + "5"]}, 400),
        (_may("inspector:*", resource=f"{TARGET}*"), "ListFindings", {}, 400),
        (_may("ec2:*"), "ListFindings", {}, 400),
    ],
    ids=["allowed", "another action", "allowed resource", "another resource", "one of two resources", "no resource named", "another service"],
)  # fmt: skip
def test_policies(key: FakeKey, operation: str, request_: Any, expected: int) -> None:
    door = Door(lambda request: {"assessmentTargets": [], "failedItems": {}, "findingArns": []}, key=key)
    reply = door.send(operation, msgspec.json.encode(request_))
    assert reply.status == expected
    if expected == 400:
        read = told(reply)
        assert read["__type"] == "AccessDeniedException"
        assert (
            read["message"]
            == f"User: arn:aws:iam::{ACCOUNT}:user/ada is not authorized to perform: inspector:{operation}"
        )
        assert read.get("errorCode") in ({"ACCESS_DENIED_TO_ASSESSMENT_TARGET"} if request_ else {None})


@pytest.mark.parametrize(
    ("error", "members"),
    [
        (NoSuchEntity("FINDING_DOES_NOT_EXIST", "no"), {"errorCode": "FINDING_DOES_NOT_EXIST", "canRetry": False}),
        (RunInProgress([TARGET] * 11), {"assessmentRunArns": [TARGET] * 10, "assessmentRunArnsTruncated": True, "canRetry": True}),
        (AgentsAlreadyRunning([("i-1", TARGET)]), {"agents": [{"agentId": "i-1", "assessmentRunArn": TARGET}], "agentsTruncated": False, "canRetry": True}),
        (PreviewInProgress("wait"), {}),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_refusals_carry_the_members_that_are_modelled(error: Exception, members: dict[str, Any]) -> None:
    reply = Door(_raise(error)).send("ListFindings")
    read = told(reply)
    assert reply.status == 400
    assert {key: value for key, value in read.items() if key not in ("__type", "message")} == members
    assert spec().check_error(read.pop("__type"), read) == []


def test_what_nobody_meant_is_told_without_a_trace_and_logged_with_one() -> None:
    door = Door(_raise(RuntimeError("secret of the database")))
    reply = door.send("ListFindings")
    read = told(reply)
    assert (reply.status, read["__type"], read["canRetry"]) == (500, "InternalException", True)
    assert b"secret of the database" not in reply.body
    assert b"Traceback" not in reply.body
    trace, line = door.events
    assert "RuntimeError: secret of the database" in trace["trace"]
    assert trace["request_id"] == line["request_id"] == reply.headers["x-amzn-RequestId"]
    assert line["request_id"] in read["message"]


def test_an_answer_that_cannot_be_written_is_an_internal_error() -> None:
    assert Door(lambda request: {"findingArns": [object()]}).send("ListFindings").status == 500


def test_one_event_a_request_and_no_secret_in_it() -> None:
    door = Door(lambda request: {"findingArns": []})
    door.send("ListFindings")
    (event,) = door.events
    assert {key: event[key] for key in ("event", "action", "account", "user", "status", "error", "access_key")} == {
        "event": "api.request", "action": "inspector:ListFindings", "account": ACCOUNT, "user": "ada", "status": 200,
        "error": "", "access_key": KEY.id,
    }  # fmt: skip
    assert KEY.secret not in str(event)


def test_the_log_of_a_refused_caller_names_no_user() -> None:
    door = Door()
    door.send("ListFindings", key=replace(KEY, secret="wrong"))
    assert (door.events[0]["user"], door.events[0]["error"]) == ("", "InvalidSignatureException")


def test_a_key_that_is_used_too_often_is_throttled_until_its_bucket_fills() -> None:
    throttle = Throttle(rate=2, burst=3)
    door = Door(lambda request: {"findingArns": []}, throttle=throttle)
    statuses = [door.send("ListFindings").status for _ in range(4)]
    assert statuses == [200, 200, 200, 400]
    assert told(door.send("ListFindings"))["__type"] == "ThrottlingException"
    throttle.take(KEY.id, NOW + 0.5)


def test_repeated_headers_are_joined_so_that_none_hides_behind_another() -> None:
    assert joined([(b"X-Amz-Target", b"a"), (b"x-amz-target", b"b"), (b"host", b"h")]) == {
        "x-amz-target": "a,b",
        "host": "h",
    }


# ── over ASGI ──


def _post(door: Door, body: bytes, headers: dict[str, str]) -> httpx.Response:
    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app=Starlette(routes=door.gateway.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="https://inspector.example:8443") as client:
            return await client.post("/", content=body, headers=headers)

    return anyio.run(post)


def test_over_asgi_the_request_is_taken_as_it_was_sent() -> None:
    door = Door(lambda request: {"findingArns": [TARGET]})
    headers = signed(b"{}", {"X-Amz-Target": "InspectorService.ListFindings"})
    answer = _post(door, b"{}", headers)
    assert (answer.status_code, answer.json()) == (200, {"findingArns": [TARGET]})
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"


def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    door = Door()
    answer = _post(door, b" " * (LARGEST_BODY + 1), {})
    assert (answer.status_code, answer.json()["__type"]) == (413, "RequestEntityTooLarge")
    assert door.events[0]["status"] == 413


def test_an_unsigned_request_is_told_so() -> None:
    answer = _post(Door(), b"{}", {"X-Amz-Target": "InspectorService.ListFindings"})
    assert (answer.status_code, answer.json()["__type"]) == (400, "MissingAuthenticationTokenException")


# ── at once, or in a thread ──


def _hurried(door: Door, at_hand: bool) -> Gateway:
    key_at_hand = {door.key.id: door.key}.get if at_hand else lambda _: None
    return Gateway(replace(door.gateway.ports, key_at_hand=key_at_hand))


def _exchange(door: Door, operation: str, body: bytes = b"{}") -> Exchange:
    headers = {"X-Amz-Target": f"InspectorService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    return Exchange("POST", "/", "", signed(body, headers, key=door.key), body)


def test_without_a_key_at_hand_nothing_is_done_at_once() -> None:
    door = Door(lambda request: {"rulesPackageArns": []})
    exchange = _exchange(door, "ListRulesPackages")
    gateway = _hurried(door, at_hand=False)
    assert (gateway.at_once(exchange), door.events, door.called) == (None, [], [])
    assert gateway.reply(exchange).status == 200
    assert len(door.events) == len(door.called) == 1


def test_what_waits_for_the_database_goes_on_where_it_stopped() -> None:
    door = Door(lambda request: {"findingArns": []}, throttle=Throttle(rate=0.001, burst=1))
    exchange = _exchange(door, "ListFindings")
    gateway = _hurried(door, at_hand=True)
    assert (gateway.at_once(exchange), door.events, door.called) == (None, [], [])
    assert gateway.reply(exchange).status == 200  # its one request was not taken twice
    assert len(door.events) == len(door.called) == 1


def test_refusals_and_answers_from_memory_are_given_at_once() -> None:
    door = Door(lambda request: {"rulesPackageArns": []})
    gateway = _hurried(door, at_hand=True)
    answers = [
        gateway.at_once(_exchange(door, "ListFindings", b"{")),
        gateway.at_once(_exchange(door, "ListRulesPackages")),
    ]
    assert [answer and answer.status for answer in answers] == [400, 200]
    assert len(door.events) == 2


def test_operations_that_are_said_to_need_no_database_ask_none() -> None:
    class Bare:
        region, keys = REGION, {"paging": b"p" * 32}  # whatever touches the database finds no such attribute

    door = Door()
    ports = replace(door.gateway.ports, service=cast("Service", Bare()), operations=OPERATIONS)
    gateway = Gateway(replace(ports, key_at_hand={KEY.id: KEY}.get))
    listed = gateway.at_once(_exchange(door, "ListRulesPackages"))
    assert listed is not None and listed.status == 200
    named = {"rulesPackageArns": told(listed)["rulesPackageArns"]}
    described = gateway.at_once(_exchange(door, "DescribeRulesPackages", msgspec.json.encode(named)))
    assert described is not None and len(told(described)["rulesPackages"]) == 5
    assert {"ListRulesPackages", "DescribeRulesPackages"} == NEEDS_NO_DATABASE


def test_a_client_that_goes_away_is_not_answered() -> None:
    door = Door()
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    anyio.run(door.gateway, scope, receive, send)
    assert (sent, door.events) == ([], [])
