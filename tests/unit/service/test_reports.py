"""Reports: made by a job, asked for by polling, downloaded by an address that expires."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from run_world import RunWorld, advisories, run_world, until
from service_world import CIS, CVE
from shindan.engine import gathering, reporting
from shindan.engine.clock import milliseconds
from shindan.model.arn import Arn, parse
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity, RunInProgress, UnsupportedFeature
from shindan.service import links, reports, runs, stored_findings
from shindan.store import runs as stored_runs
from shindan.store import tables
from stores import BACKENDS, databases

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10", "bash": "5.2.15-2"}


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    """A world at work that waits for nothing."""
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data") as made:
            made.world = replace(made.world, service=replace(made.world.service, public_url="https://shindan.test"))
            yield made


def finished(living: RunWorld, **more: Any) -> Arn:
    """A run that looked at two hosts and lacks a third."""
    living.world.host("web-1", packages=OLD)
    living.world.host("web-2", packages={**OLD, "openssl": "3.0.15-1~deb12u1"})
    arn = living.start(**more)
    living.ended(arn)
    return arn


def ask(living: RunWorld, arn: Arn, form: str = "HTML", kind: str = "FINDING") -> tuple[str, str | None]:
    return reports.get(living.service, living.world.caller, str(arn), form, kind)


def made(living: RunWorld, arn: Arn, form: str = "HTML", kind: str = "FINDING") -> str:
    until(lambda: ask(living, arn, form, kind)[0] != "WORK_IN_PROGRESS")
    status, url = ask(living, arn, form, kind)
    assert status == "COMPLETED" and url is not None
    return url


def opened(living: RunWorld, url: str) -> links.Opened:
    assert len(url) <= 2048 and url.startswith("https://shindan.test/reports/")
    return links.open_link(living.service, url.rpartition("/")[2], milliseconds())


def test_the_first_call_starts_and_later_ones_poll(living: RunWorld) -> None:
    arn = finished(living, packages=[CVE, CIS])
    assert ask(living, arn) == ("WORK_IN_PROGRESS", None)
    found = opened(living, made(living, arn))
    assert (found.type, found.filename) == ("text/html; charset=utf-8", f"assessment-report-{arn.id}-finding.html")
    text = found.content.decode()
    assert text.count('<details class="group">') == 3, "each finding once, on both hosts"
    assert "web-1" in text and "web-2" in text and "Known flaws that were looked for" not in text
    assert "3.0.15-1~deb12u1" in text and "3.0.16-1~deb12u1" in text
    assert "This version of Shindan has no rules of this package yet" in text


def test_the_full_report_tells_what_was_mended(living: RunWorld) -> None:
    first = finished(living)
    assert first
    living.world.host("web-1", packages={**OLD, "openssl": "3.0.18-1~deb12u1"})
    living.world.host("web-2", packages={**OLD, "openssl": "3.0.18-1~deb12u1"})
    arn = living.start()
    living.ended(arn)
    with living.work.database.read() as connection:
        run = stored_runs.get(connection, arn.id)
        assert run is not None
        gathered = gathering.gather(connection, living.work.region, run, "FULL")
    assert [(one.id, one.failed, one.mended) for one in gathered.checked] == [
        ("CVE-2026-0001", 0, 2), ("CVE-2026-0002", 0, 2), ("CVE-2026-0003", 2, 0),
    ]  # fmt: skip
    assert "Known flaws that were looked for" in opened(living, made(living, arn, kind="FULL")).content.decode()


@pytest.mark.parametrize("kind", ["FINDING", "FULL"])
def test_as_pdf(living: RunWorld, kind: str) -> None:
    found = opened(living, made(living, finished(living), "PDF", kind))
    assert found.content.startswith(b"%PDF-") and found.type == "application/pdf"
    assert found.filename.endswith(f"-{kind.lower()}.pdf")


def test_attributes_that_change_have_it_made_again(living: RunWorld) -> None:
    arn = finished(living)
    before = opened(living, made(living, arn)).content.decode()
    assert "owner-of-it" not in before
    caller = living.world.caller
    names = stored_findings.list_(living.service, caller, runs=[str(arn)]).items
    stored_findings.add_attributes(living.service, caller, names[:1], [("owner-of-it", "web")])
    assert ask(living, arn)[0] == "WORK_IN_PROGRESS"
    assert "owner-of-it (yours)" in opened(living, made(living, arn)).content.decode()
    assert ask(living, arn)[0] == "COMPLETED"


def test_without_typst_pdf_fails_with_a_reason_and_is_tried_again_later(
    living: RunWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = finished(living)
    with monkeypatch.context() as patched:
        patched.setattr(importlib.util, "find_spec", lambda name: None)
        until(lambda: ask(living, arn, "PDF")[0] == "FAILED")
        assert ask(living, arn, "PDF") == ("FAILED", None)
        why = reports.why_not(living.service, living.world.caller, str(arn), "PDF", "FINDING")
        assert "typst" in why and "shindan[pdf]" in why
    monkeypatch.setattr(reports, "_TRY_AGAIN", 0)
    assert ask(living, arn, "PDF")[0] == "WORK_IN_PROGRESS"
    monkeypatch.setattr(reports, "_TRY_AGAIN", 60_000)
    made(living, arn, "PDF")


def test_an_unexpected_error_is_tried_three_times(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = finished(living)
    living.jobs.stop()
    ask(living, arn)

    def broken(*_: object) -> bytes:
        raise RuntimeError("a fault")

    monkeypatch.setattr(reporting, "render", broken)
    args = {"run": arn.id, "type": "FINDING", "format": "HTML"}
    for attempt in (1, 2):
        with pytest.raises(RuntimeError):
            reporting.report(living.work, {**args, "attempt": attempt})
    reporting.report(living.work, {**args, "attempt": 3})
    assert ask(living, arn) == ("FAILED", None)
    assert "a fault" in reports.why_not(living.service, living.world.caller, str(arn), "HTML", "FINDING")


def test_what_is_refused(living: RunWorld) -> None:
    living.jobs.stop()
    living.world.host("web-1", packages=OLD)
    going = living.start()
    with pytest.raises(RunInProgress) as refusal:
        ask(living, going)
    assert refusal.value.runs == [str(going)]
    template = parse(living.world.template(living.world.target("x"), "x"))
    now = {"created_at": milliseconds()}
    for state in ("FAILED", "ERROR", "CANCELED"):
        ended = living.world.run(template, state)
        with pytest.raises(UnsupportedFeature):
            ask(living, ended)  # created in 1970
        with living.work.database.write() as connection:
            connection.execute(tables.run.update().where(tables.run.c.id == ended.id).values(**now))
        with pytest.raises(InvalidInput) as invalid:
            ask(living, ended)
        assert invalid.value.code == "INVALID_ASSESSMENT_RUN_STATE"
    with pytest.raises(InvalidInput):
        ask(living, going, "DOCX")
    with pytest.raises(NoSuchEntity):
        ask(living, template.child("run", "0-00000000"))
    with pytest.raises(AccessDenied):
        reports.get(living.service, living.world.other, str(going), "HTML", "FINDING")


def test_an_address_is_good_for_an_hour_and_only_as_it_is(living: RunWorld) -> None:
    arn = finished(living)
    url = made(living, arn)
    token, now = url.rpartition("/")[2], milliseconds()
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    links.open_link(living.service, token, now + 3500_000)
    with pytest.raises(links.LinkExpired):
        links.open_link(living.service, token, now + 3601_000)
    for place in range(0, len(token), 3):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(links.LinkRefused):
            links.open_link(living.service, other, now)
    for bad in ("", "x", "é", token[:-2], f"{token}AAAA"):
        with pytest.raises(links.LinkRefused):
            links.open_link(living.service, bad, now)
    elsewhere = replace(living.service, keys={**living.service.keys, "links": b"x" * 32})
    with pytest.raises(links.LinkRefused):
        links.open_link(elsewhere, token, now)
    runs.delete(living.service, living.world.caller, str(arn))
    with pytest.raises(links.LinkRefused, match="gone"):
        links.open_link(living.service, token, now)
