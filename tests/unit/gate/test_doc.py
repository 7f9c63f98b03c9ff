"""The examples of docs/agent-protocol.md are sent, and answers have just the members that it shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service_world import CVE
from shindan.service.agent_refused import STATUSES
from stores import databases
from support import REPOSITORY
from unit.gate.agents import HOST, KERNEL, PLATFORM, Agent, Gate, batch, gate
from unit.gate.test_poll import RUNTIME, run_of

PAGE = (REPOSITORY / "docs" / "agent-protocol.md").read_text()
EXAMPLES: dict[str, Any] = {
    name: json.loads(text) for name, text in re.findall(r"^```json (\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Gate]:
    for database in databases("sqlite", tmp_path):
        with gate(database, tmp_path) as made:
            yield made


def shape(value: Any) -> Any:
    """Members and types, without the values."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    return type(value).__name__ if not isinstance(value, int | float) or isinstance(value, bool) else "number"


def enrolled(door: Gate) -> Agent:
    said = {name: value for name, value in EXAMPLES["enrol"].items() if name != "token"}
    return door.agent(**said)


def test_all_examples_are_there() -> None:
    assert set(EXAMPLES) == {"answer", "enrol", "enrolled", "poll", "told", "batch", "part", "taken"}


def test_enrolment(door: Gate) -> None:
    told = door.enrol(door.token(), **{name: value for name, value in EXAMPLES["enrol"].items() if name != "token"})
    assert told.status == 200 and shape(told.body) == shape(EXAMPLES["enrolled"])


def test_a_poll_with_an_order(door: Gate) -> None:
    agent = enrolled(door)
    run_of(door, agent.host, packages=(CVE, RUNTIME))
    told = agent.poll(**EXAMPLES["poll"])
    assert told.status == 200 and shape(told.body) == shape(EXAMPLES["told"])
    assert told.body["order"]["kinds"] == EXAMPLES["told"]["order"]["kinds"]
    assert told.body["order"]["sampled"] == EXAMPLES["told"]["order"]["sampled"]
    assert told.body["limits"] == EXAMPLES["told"]["limits"]


def test_a_batch_in_two_parts(door: Gate) -> None:
    agent, example = enrolled(door), EXAMPLES["batch"]
    sent = batch([PLATFORM, HOST, KERNEL, b"no json"], kinds=example["kinds"])
    sent = sent.saying(**{name: example[name] for name in ("run", "what", "part", "complete", "last")})
    assert set(sent.header) == set(example)
    half = len(sent.packed) // 2
    told = agent.part(sent, "0" * 32, 0, sent.packed[:half])
    assert shape(told.body) == shape(EXAMPLES["part"])
    told = agent.part(sent, "0" * 32, half, sent.packed[half:])
    assert told.body["why"] == EXAMPLES["taken"]["why"] and shape(told.body) == shape(EXAMPLES["taken"])


def test_a_refusal(door: Gate) -> None:
    agent = enrolled(door)
    agent.poll()
    agent.sequence -= 1
    told = agent.poll()
    assert shape(told.body) == shape(EXAMPLES["answer"]) and told.body["error"] == EXAMPLES["answer"]["error"]


def test_every_error_has_its_status_on_the_page() -> None:
    table = re.findall(r"^\| ([0-9, ]+) \| (.*?) \|", PAGE, re.MULTILINE)
    shown = {
        code: {int(status) for status in statuses.split(",")}
        for statuses, codes in table
        for code in re.findall(r"`([A-Z]\w+)`", codes)
    }
    assert {code for code in STATUSES if STATUSES[code] not in shown.get(code, ())} == set()
    assert set(shown) == set(STATUSES)


def test_the_headers_limit_is_that_of_the_page(door: Gate) -> None:
    agent = enrolled(door)
    assert agent.ask("POST", "/agent/v1/poll", b" " * 4097).error == (413, "TooLarge")
