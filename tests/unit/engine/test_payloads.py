"""What topics of SNS are sent is, byte for byte, what the specification's section 9.3 shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from scheduled import NotedJobs
from service_world import ACCOUNT, CVE, REGION, World, worlds
from shindan.engine.announcing import announce, findings_count
from shindan.model.arn import Arn
from shindan.model.run import Run
from shindan.service import subscriptions
from shindan.store import deliveries, runs, tables
from stores import BACKENDS

SNS, HOOK = "arn:aws:sns:us-west-2:123456789012:findings", "https://hooks.example/x"
OTHER = "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-JJOtZiqQ"
TARGET = "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34"
TEMPLATE = f"{TARGET}/template/0-Ef56Gh78"
TEXTS = {
    "ENABLE_ASSESSMENT_NOTIFICATIONS": (
        '{"event":"ENABLE_ASSESSMENT_NOTIFICATIONS","template":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78","target":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34","time":"2024-03-05T10:00:00.000Z"}'
    ),
    "ASSESSMENT_RUN_STATE_CHANGED": (
        '{"event":"ASSESSMENT_RUN_STATE_CHANGED","template":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78","target":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34","run":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12","newstate":"COLLECTING_DATA","time":"2024-03-05T10:01:00.161Z"}'
    ),
    "FINDING_REPORTED": (
        '{"event":"FINDING_REPORTED","template":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78","target":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34","run":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12","finding":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12/finding/0-Mn34Op56","time":"2024-03-05T11:01:02.370Z"}'
    ),
    "ASSESSMENT_RUN_COMPLETED": (
        '{"event":"ASSESSMENT_RUN_COMPLETED","template":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78","target":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34","run":"arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12","findingsCount":"{arn:aws:inspector:us-west-2:758058086616:rulespackage/0-9hgA516p=12, arn:aws:inspector:us-west-2:758058086616:rulespackage/0-JJOtZiqQ=2}","time":"2024-03-05T11:01:03.400Z"}'
    ),
}  # fmt: skip
"""The section's examples."""


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    for made in worlds(request.param, tmp_path):
        yield replace(made, service=replace(made.service, jobs=NotedJobs()))


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000 + 0.5)


def named(world: World) -> Run:
    """The run of the examples, as rows."""
    with world.database.write() as connection:
        target = {"id": "0-Ab12Cd34", "account": ACCOUNT, "name": "web", "created_at": 1, "updated_at": 1}
        connection.execute(insert(tables.target).values(target))
        template = {
            "id": "0-Ef56Gh78", "account": ACCOUNT, "target": "0-Ab12Cd34", "name": "weekly", "duration": 3600,
            "packages": [CVE, OTHER], "attributes": [], "tags": [], "created_at": 1,
        }  # fmt: skip
        connection.execute(insert(tables.template).values(template))
        run = {
            "id": "0-Ij90Kl12", "account": ACCOUNT, "target": "0-Ab12Cd34", "template": "0-Ef56Gh78", "name": "first",
            "state": "COLLECTING_DATA", "duration": 3600, "packages": [CVE, OTHER], "attributes": [], "counts": {},
            "package_counts": {}, "created_at": 1, "state_changed_at": 1,
        }  # fmt: skip
        connection.execute(insert(tables.run).values(run))
        found = runs.lock(connection, "0-Ij90Kl12")
    assert found is not None
    return found


def texts(world: World, topic: str, run: str) -> list[str]:
    """What would be sent to a topic."""
    with world.database.write() as connection:
        return [one.message.text for one in deliveries.take(connection, topic, run, 2**60, 2**60, 20)]


def test_messages_are_the_examples(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = named(world)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(ms("2024-03-05T10:00:00.000") // 1000))
    for event in ("ASSESSMENT_RUN_STATE_CHANGED", "FINDING_REPORTED", "ASSESSMENT_RUN_COMPLETED"):
        for topic in (SNS, HOOK):
            subscriptions.subscribe(world.service, world.caller, TEMPLATE, event, topic)
    finding = Arn(REGION, ACCOUNT, "run", ("0-Ab12Cd34", "0-Ef56Gh78", run.id)).child("finding", "0-Mn34Op56")
    told = (
        ("ASSESSMENT_RUN_STATE_CHANGED", "2024-03-05T10:01:00.161", {"newstate": "COLLECTING_DATA"}),
        ("FINDING_REPORTED", "2024-03-05T11:01:02.370", {"finding": str(finding)}),
        ("ASSESSMENT_RUN_COMPLETED", "2024-03-05T11:01:03.400", findings_count({CVE: 12, OTHER: 2})),
    )
    with world.database.write() as connection:
        for event, at, more in told:
            announce(connection, world.service.jobs, REGION, run, event, ms(at), [more])
    assert set(texts(world, SNS, "")) == {TEXTS["ENABLE_ASSESSMENT_NOTIFICATIONS"]}
    assert texts(world, SNS, run.id) == [TEXTS[event] for event, _, _ in told]
    ours = '"findingsCountMap":{"' + CVE + '":12,"' + OTHER + '":2},"time"'
    assert texts(world, HOOK, run.id)[2] == TEXTS["ASSESSMENT_RUN_COMPLETED"].replace('"time"', ours)
