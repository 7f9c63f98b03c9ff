"""Our own verbs over HTTP: signed, with the caller's rights, and every error is an answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from service_world import worlds
from shindan.api.own_calls import NOUNS
from shindan.service.audited import LONGEST
from shindan.store import audit
from signing import ACCOUNT, KEY, FakeKey
from support import REPOSITORY
from unit.api.own_visits import READER, Door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    for made in worlds("sqlite", tmp_path):
        yield Door(made)


def test_a_schedule_over_http(door: Door) -> None:
    template = door.world.template(door.world.target())
    plan = {"cron": "0 3 * * *", "zone": "Europe/Berlin"}
    status, made = door.ask(
        "CreateSchedule", msgspec.json.encode({"template": template, "name": "nightly", "plan": plan})
    )
    assert (status, made["schedule"]["plan"]) == (200, plan)
    status, listed = door.ask("ListSchedules", b"{}", READER)
    assert (status, [one["name"] for one in listed["schedules"]]) == (200, ["nightly"])
    status, ahead = door.ask("PreviewSchedule", msgspec.json.encode({"plan": plan, "number": 2}))
    assert (status, len(ahead["occurrences"])) == (200, 2)
    assert [event["action"] for event in door.events] == [
        "shindan:CreateSchedule",
        "shindan:ListSchedules",
        "shindan:PreviewSchedule",
    ]


@pytest.mark.parametrize(
    ("verb", "body", "key", "change", "status", "type_"),
    [
        ("ListSchedules", b"{}", KEY, {"authorization": ""}, 400, "IncompleteSignatureException"),
        ("ListSchedules", b"{}", FakeKey(id="AKIDNOBODY0000000001"), {}, 400, "UnrecognizedClientException"),
        ("ListSchedules", b"{}", FakeKey(secret="x"), {}, 400, "InvalidSignatureException"),
        ("DropTables", b"{}", KEY, {}, 400, "UnknownOperationException"),
        ("ListSchedules", b"{", KEY, {}, 400, "SerializationException"),
        ("ListSchedules", b"[]", KEY, {}, 400, "SerializationException"),
        ("ListSchedules", b'{"colour": 1}', KEY, {}, 400, "InvalidInputException"),
        ("GetSchedule", b"{}", KEY, {}, 400, "InvalidInputException"),
        ("GetSchedule", b'{"schedule": "x"}', KEY, {}, 400, "NoSuchEntityException"),
        ("GetSchedule", b'{"schedule": "\\u0000"}', KEY, {}, 400, "InvalidInputException"),
        ("PreviewSchedule", b'{"plan": {"blackouts": ["\\u0000"]}}', KEY, {}, 400, "InvalidInputException"),
        ("DeleteSchedule", b'{"schedule": "x"}', READER, {}, 400, "AccessDeniedException"),
        ("ApplyFleet", b'{"document": {}}', READER, {}, 400, "AccessDeniedException"),
        ("ListSchedules", b" " * 4_000_001, KEY, {}, 413, "RequestEntityTooLarge"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_every_error_is_an_answer(
    door: Door, verb: str, body: bytes, key: FakeKey, change: dict[str, str], status: int, type_: str
) -> None:
    found, answer = door.ask(verb, body, key, **change)
    assert (found, str(answer["__type"]).rpartition("#")[2]) == (status, type_), answer
    assert answer["message"]


def test_a_huge_name_is_cut_in_the_audit(door: Door) -> None:
    status, _ = door.ask("DeleteSchedule", msgspec.json.encode({"schedule": "x" * 1_000_000}))
    with door.world.database.read() as connection:
        (entry,) = audit.entries(connection, ACCOUNT, limit=1)
    assert (status, entry.action, len(entry.resource)) == (400, "DeleteSchedule", LONGEST)


def test_every_noun_on_disk_is_in_the_list() -> None:
    on_disk = {path.stem.removeprefix("own_") for path in (REPOSITORY / "src/shindan/api").glob("own_*.py")}
    assert on_disk - {"calls", "door"} == set(NOUNS)
