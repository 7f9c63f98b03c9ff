"""Our own verbs over HTTP: signed, with the caller's rights, and every error is an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from service_world import World, worlds
from shindan.api.own_calls import NOUNS, own_calls
from shindan.api.own_door import OwnDoor
from shindan.api.steps import Ports
from shindan.model.refusals import CodedRefusal
from shindan.service.caller import Caller
from signing import ACCOUNT, KEY, NOW, REGION, FakeKey, signed
from support import REPOSITORY

READER = FakeKey(
    id="AKIDREADER0000000001",
    caller=Caller(ACCOUNT, REGION, "eve", policies=({"Statement": {"Effect": "Allow", "Action": "shindan:List*", "Resource": "*"}},)),
)  # fmt: skip


class Door:
    """The door over a world; `events` are what it logged."""

    def __init__(self, made: World) -> None:
        self.world = made
        self.events: list[Mapping[str, Any]] = []
        keys = {key.id: key for key in (KEY, READER)}
        ports = Ports(made.service, keys.get, self.events.append, lambda: NOW)
        self._client = TestClient(Starlette(routes=OwnDoor(ports).routes()), base_url="https://inspector.example:8443")

    def ask(self, verb: str, body: bytes, key: FakeKey = KEY, **change: str) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        url = f"https://inspector.example:8443/shindan/{verb}"
        headers = {**signed(body, {"Content-Type": "application/json"}, url=url, key=key), **change}
        answer = self._client.post(f"/shindan/{verb}", content=body, headers=headers)
        return answer.status_code, answer.json()


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


def test_who_may_nothing_may_nothing_at_all(door: Door) -> None:
    """Whatever verb is added: without rights it is refused, or it refuses the empty request before it looks."""
    nobody = Caller(ACCOUNT, REGION, "nobody")
    for verb, call in own_calls().items():
        with pytest.raises(CodedRefusal) as refused:
            call(door.world.service, nobody, {})
        if verb in ("ListSchedules", "GetFleet"):
            assert refused.value.type == "AccessDeniedException", verb


def test_every_noun_on_disk_is_in_the_list() -> None:
    on_disk = {path.stem.removeprefix("own_") for path in (REPOSITORY / "src/shindan/api").glob("own_*.py")}
    assert on_disk - {"calls", "door"} == set(NOUNS)
