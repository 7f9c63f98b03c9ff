"""Reports in our own forms, and exports, over HTTP: with rights, and with an address that expires."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from run_world import RunWorld, advisories, run_world, until
from shindan.engine.clock import milliseconds
from shindan.service.links import open_link
from signing import FakeKey
from stores import databases
from unit.api.own_visits import READER, Door


@pytest.fixture
def door(tmp_path: Path) -> Iterator[tuple[Door, RunWorld]]:
    advisories(tmp_path / "data")
    for database in databases("sqlite", tmp_path):
        with run_world(database, tmp_path / "data") as made:
            yield Door(made.world), made


def test_a_run_s_report_is_asked_for_until_it_is_there(door: tuple[Door, RunWorld]) -> None:
    asking, living = door
    living.world.host("web-1", packages={"openssl": "3.0.16-1~deb12u1"})
    arn = living.start()
    early = asking.ask("GetRunReport", json.dumps({"run": str(arn), "format": "CSV"}).encode())
    living.ended(arn)
    assert (
        early[1]["__type"].endswith("AssessmentRunInProgressException") or early[1].get("status") == "WORK_IN_PROGRESS"
    )
    body = json.dumps({"run": str(arn), "format": "DEFECTDOJO"}).encode()
    until(lambda: asking.ask("GetRunReport", body)[1]["status"] == "COMPLETED")
    status, answer = asking.ask("GetRunReport", body)
    assert (status, answer["error"]) == (200, "")
    found = open_link(living.service, answer["url"].rpartition("/")[2], milliseconds())
    assert len(json.loads(found.content)["findings"]) == 2


def test_what_is_refused(door: tuple[Door, RunWorld]) -> None:
    asking, living = door
    run = str(living.world.caller.arn("run", "0-AAAAAAAA", "0-BBBBBBBB", "0-CCCCCCCC"))
    wanted: list[tuple[str, dict[str, str], FakeKey | None, str]] = [
        ("GetRunReport", {"run": run, "format": "CSV"}, None, "NoSuchEntityException"),
        ("GetRunReport", {"run": run, "format": "CSV"}, READER, "AccessDeniedException"),
        ("GetFindingsExport", {"format": "CSV"}, READER, "AccessDeniedException"),
        ("GetFindingsExport", {"format": "DOC"}, None, "InvalidInputException"),
        ("GetFindingsExport", {"export": "0-DDDDDDDD"}, None, "NoSuchEntityException"),
        ("GetFindingsExport", {"forms": "CSV"}, None, "InvalidInputException"),
    ]
    for verb, request, key, type_ in wanted:
        status, answer = asking.ask(verb, json.dumps(request).encode(), **({"key": key} if key else {}))  # type: ignore[arg-type]
        assert status >= 400 and answer["__type"].endswith(type_), (verb, request, answer)


def test_an_export_over_http(door: tuple[Door, RunWorld]) -> None:
    asking, living = door
    living.world.host("web-1", packages={"openssl": "3.0.16-1~deb12u1"})
    living.ended(living.start())
    _, begun = asking.ask("GetFindingsExport", b'{"format": "ASFF"}')
    body = json.dumps({"export": begun["export"]}).encode()
    until(lambda: asking.ask("GetFindingsExport", body)[1]["status"] == "COMPLETED")
    url = asking.ask("GetFindingsExport", body)[1]["url"]
    found = open_link(living.service, url.rpartition("/")[2], milliseconds())
    assert len(json.loads(found.content)["Findings"]) == 2
