"""Made-up requests, hundreds for each operation: whatever comes, the answer is one that the model knows."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from judges.assessed import KEY, OTHER_KEY, Assessed, assessed, stock
from judges.requests_of_the_model import MOODS, Maker
from shindan.api.exchange import Reply
from shindan.api.spec import spec
from signing import ACCOUNT
from stores import BACKENDS
from unit.api.doors import OTHER_ACCOUNT

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("FUZZ_SEED") or 20160216)
"""Another one by the variable FUZZ_SEED."""

NUMBER, FEWER = 200, 40
"""Requests for each operation; the fewer on PostgreSQL, where only what comes as far as the store differs."""

BOX = 6.0
"""Seconds after which an operation's requests come to an end; the least that then must have been made is a quarter."""

GENERIC = {"SerializationException", "AccessDeniedException", "ThrottlingException", "UnknownOperationException"}
MODELLED = {error for operation in spec().operations.values() for error in operation.errors}
TRACES = ("Traceback", 'File "', "sqlalchemy", "psycopg")


@pytest.fixture(scope="module", params=BACKENDS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assessed]:
    """One service on each database that has to bear it all."""
    with assessed(tmp_path_factory.mktemp("fuzz"), request.param) as made:
        yield made


# What deletes comes last, or the others would have nothing left to speak of.
@pytest.mark.parametrize("operation", sorted(spec().operations, key=lambda name: str(name).startswith("Delete")))
def test_any_request_is_answered_as_modelled(home: Assessed, operation: str) -> None:
    print(f"FUZZ_SEED={SEED}")
    random = Random(f"{SEED} {operation}")
    maker = Maker(random, _names(home, operation), _others(home, operation))
    statuses: Counter[int] = Counter()
    until = time.monotonic() + BOX
    wanted = NUMBER if home.world.service.database.is_sqlite else FEWER
    for number in range(wanted):
        maker.mood = MOODS[number % len(MOODS)]
        body = json.dumps(maker.request(operation)).encode()
        body = maker.broken(body) if maker.mood == "broken" else body
        key = OTHER_KEY if maker.mood == "foreign" and random.random() < 0.5 else KEY
        reply = home.send(operation, body, key)
        statuses[reply.status] += 1
        wrong = _wrong(home, operation, reply)
        assert not wrong, (f"FUZZ_SEED={SEED}", number, maker.mood, wrong, body[:2000], reply.body[:2000], home.traces)
        if time.monotonic() > until:
            break
    assert statuses.total() >= wanted // 4, f"only {statuses.total()} requests in {BOX} s"
    assert statuses[200], "not one request was good: nothing was tried but refusals"


def _names(home: Assessed, operation: str) -> dict[Any, Any]:
    """What good requests name: deletions get something of their own, and all others find what they need."""
    if operation.startswith("Delete"):
        more = [stock(home.world, f"{operation} {number}") for number in range(3)]
        return {kind: [name for one in more for name in one[kind]] for kind in ("target", "template", "run")}
    return dict(home.names)


def _others(home: Assessed, operation: str) -> list[str]:
    """Names of every kind that are not there, not the caller's, of another region, or hardly names."""
    mine = [name for names in home.names.values() for name in names if name.startswith("arn:aws:inspector")]
    return [
        *([] if operation.startswith("Delete") else mine),
        *[name.replace(f":{ACCOUNT}:", f":{OTHER_ACCOUNT}:") for name in mine],
        *[name.replace(":us-west-2:", ":eu-west-1:") for name in mine],
        *[name[:-1] + "!" for name in mine],
        *[name[:-3] + "zzz" for name in mine],
        *[name.replace("arn:aws:", "arn:aws-cn:") for name in mine],
        *["arn", "arn:aws:inspector:::", "/", "..", "'; DROP TABLE run; --", "https://127.0.0.1/", "arn:" * 74],
    ]


def _wrong(home: Assessed, operation: str, reply: Reply) -> str:
    """What is wrong with an answer; "" for nothing."""
    if reply.status >= 500 or home.traces:
        return f"status {reply.status}"
    read = json.loads(reply.body) if reply.body else None
    if reply.status == 200:
        return "; ".join(_faults(operation, read))
    if not isinstance(read, dict) or "__type" not in read:
        return "an error without a type"
    return _wrong_error(operation, str(read.pop("__type")), read)


def _faults(operation: str, read: Any) -> list[str]:
    """What the model says against an answer.

    It wants one exclusion at least of DescribeExclusions, and has no other answer where every name has failed.
    """
    if operation == "DescribeExclusions" and read["failedItems"] and read["exclusions"] == {}:
        return [str(one) for one in spec().check_answer(operation, read) if one.place != "exclusions"]
    return [str(one) for one in spec().check_answer(operation, read)]


def _wrong_error(operation: str, type_: str, members: dict[str, Any]) -> str:
    if type_ not in {*spec().operations[operation].errors, *GENERIC}:
        return f"{type_} is not an error of the operation"
    if any(trace in members["message"] for trace in TRACES):
        return "the message tells of the inside"
    return "; ".join(map(str, spec().check_error(type_, members))) if type_ in MODELLED else ""
