"""The whole life of a run, by the real job engine, on both databases."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import select

from run_world import RunWorld, advisories, run_world, until
from service_world import CIS, CVE, facts
from shindan.engine.advance import advance
from shindan.engine.clock import milliseconds
from shindan.engine.timing import Timing
from shindan.model.refusals import AgentsAlreadyRunning, InvalidInput, LimitExceeded, RunInProgress
from shindan.model.stored_finding import NOTHING_FOUND, StoredFinding
from shindan.service import exclusions, runs, stored_findings, submissions, usage
from shindan.service.judging import CveJudge
from shindan.service.service import Quotas
from shindan.store import hosts
from shindan.store.tables import run_host
from stores import BACKENDS, databases

NEW = {"openssl": "3.0.18-1~deb12u1"}
OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10", "bash": "5.2.15-2"}


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    """A world at work that waits for nothing."""
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data") as made:
            yield made


def findings_of(living: RunWorld, run: str, **wanted: object) -> list[StoredFinding]:
    names = stored_findings.list_(
        living.service, living.world.caller, runs=[run], max_results=100,
        filter=stored_findings.FindingFilter(**wanted),  # type: ignore[arg-type]
    ).items  # fmt: skip
    return list(stored_findings.describe(living.service, living.world.caller, names).items) if names else []


def test_a_run_goes_through_its_states_and_finds_what_scan_would(living: RunWorld) -> None:
    host = living.world.host("web-1", packages=OLD)
    arn = living.start()
    view = living.ended(arn)
    assert [change.state for change in view.states] == [
        "CREATED", "START_DATA_COLLECTION_PENDING", "START_DATA_COLLECTION_IN_PROGRESS", "COLLECTING_DATA",
        "STOP_DATA_COLLECTION_PENDING", "DATA_COLLECTED", "START_EVALUATING_RULES_PENDING", "EVALUATING_RULES",
        "COMPLETED",
    ]  # fmt: skip
    moments = [change.at for change in view.states]
    assert moments == sorted(moments)
    assert view.run.created_at == moments[0] and view.run.started_at == moments[3]
    assert view.run.completed_at == view.run.state_changed_at == moments[-1]
    assert view.run.data_collected
    found = findings_of(living, str(arn))
    assert {(one.id, one.severity) for one in found} == {
        ("CVE-2026-0001", "High"), ("CVE-2026-0002", "Medium"), ("CVE-2026-0003", "Low"),
    }  # fmt: skip
    assert dict(view.run.counts) == {"High": 1, "Medium": 1, "Low": 1, "Informational": 0, "Undefined": 0}
    first = next(one for one in found if one.id == "CVE-2026-0001")
    assert first.title == f"Instance {host.id} is vulnerable to CVE-2026-0001"
    assert dict(first.attributes)["INSTANCE_ID"] == host.id
    assert dict(first.attributes)["package_name"] == "openssl-0:3.0.16-1~deb12u1"
    assert first.asset.hostname == "web-1" and first.numeric_severity == 9.0
    assert "3.0.17-1~deb12u3" in first.recommendation and first.rules_package == CVE
    assert first.arn.startswith(f"{arn}/finding/0-")
    assert exclusions.list_(living.service, living.world.caller, str(arn)).items == ()
    rows = {kind: (count, size) for kind, count, size in runs.telemetry(living.service, living.world.caller, str(arn))}
    assert rows["InspectorPackageInfo"][0] == 3 and rows["Total"] == (
        5,
        len(living.service.blobs.get(host.facts or "")),
    )
    assert [(one.meter, one.units) for one in usage.of_account(living.service, living.world.caller)] == [("host", 1)]


def test_packages_without_rules_are_exclusions_and_never_a_pass(living: RunWorld) -> None:
    host = living.world.host("web-1", packages=OLD)
    view = living.ended(arn := living.start(packages=[CVE, CIS]))
    assert view.run.state == "COMPLETED_WITH_ERRORS"
    (name,) = exclusions.list_(living.service, living.world.caller, str(arn)).items
    (told,) = exclusions.describe(living.service, living.world.caller, [name]).items
    assert told.code == "NOT_AVAILABLE_YET" and told.arn == name
    assert told.scopes == (("INSTANCE_ID", host.id), ("RULES_PACKAGE_ARN", CIS))
    assert {one.rules_package for one in findings_of(living, str(arn))} == {CVE}


def test_a_clean_host_has_one_finding_that_says_so(living: RunWorld) -> None:
    living.world.host("web-1", packages={"bash": "5.2.15-2"})
    view = living.ended(arn := living.start())
    assert view.run.state == "COMPLETED"
    (only,) = findings_of(living, str(arn))
    assert (only.title, only.id, only.severity, only.attributes) == (NOTHING_FOUND, "", "Informational", ())
    assert only.asset.agent == ""


def test_a_target_without_hosts_ends_at_once_and_says_so(living: RunWorld) -> None:
    arn = living.start(living.world.target("none", [("nobody", "has")]))
    view = living.ended(arn)
    assert view.run.state == "COMPLETED_WITH_ERRORS"
    (name,) = exclusions.list_(living.service, living.world.caller, str(arn)).items
    assert exclusions.describe(living.service, living.world.caller, [name]).items[0].title == "No instances in target"
    assert findings_of(living, str(arn)) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (facts({"bash": "5"}, os="debian", version="4"), "UNSUPPORTED_OS"),
        (
            b'{"kind":"platform","subject":"os","data":{"id":"debian","version_id":"12","arch":"amd64"}}\n',
            "NOT_OBSERVED",
        ),
        (facts({"bash": "5"}) + b'{"kind":"gap","subject":"packages_rpm","data":{"reason":"torn"}}\n', "NOT_OBSERVED"),
    ],
    ids=["release that no feed knows", "no packages", "a gap"],
)
def test_what_could_not_be_judged_is_an_exclusion(living: RunWorld, given: bytes, code: str) -> None:
    about = submissions.About(hostname="odd")
    host = submissions.submit(living.service, living.world.caller.account, io.BytesIO(given), about=about)
    view = living.ended(arn := living.start())
    assert view.run.state == "COMPLETED_WITH_ERRORS"
    names = exclusions.list_(living.service, living.world.caller, str(arn)).items
    told = exclusions.describe(living.service, living.world.caller, names).items
    assert [one.code for one in told] == [code]
    assert dict(told[0].scopes)["INSTANCE_ID"] == host.id


def test_findings_are_shown_only_once_the_run_has_ended(living: RunWorld) -> None:
    living.jobs.stop()
    living.world.host("web-1", packages=OLD)
    arn = living.start()
    caller = living.world.caller
    assert stored_findings.list_(living.service, caller, runs=[str(arn)]).items == ()
    assert stored_findings.list_(living.service, caller).items == ()
    with pytest.raises(RunInProgress):
        runs.delete(living.service, caller, str(arn))


def test_hosts_in_a_run_cannot_be_in_another(living: RunWorld) -> None:
    living.jobs.stop()
    host = living.world.host("web-1", packages=OLD)
    arn = living.start()
    with pytest.raises(AgentsAlreadyRunning) as refusal:
        living.start()
    assert refusal.value.agents == [(host.id, str(arn))]


def test_a_name_is_given_and_taken(living: RunWorld) -> None:
    living.world.host("web-1", packages=OLD)
    template = living.world.template(living.world.target(), "weekly")
    first = runs.start(living.service, living.world.caller, template, "mine")
    living.ended(first)
    with pytest.raises(InvalidInput, match="Name already exists"):
        runs.start(living.service, living.world.caller, template, "mine")
    second = living.ended(runs.start(living.service, living.world.caller, template))
    assert second.run.name.startswith("Run - weekly - 20")
    runs.delete(living.service, living.world.caller, str(first))
    runs.start(living.service, living.world.caller, template, "mine")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_waits_for_its_time_and_is_stopped_both_ways(tmp_path: Path, backend: str) -> None:
    advisories(tmp_path / "data")
    timing = Timing(early_end=False, drain=0, feed_wait=0)
    for database in databases(backend, tmp_path):
        with run_world(database, tmp_path / "data", timing=timing) as living:
            living.world.host("web-1", packages=OLD)
            for action, state, number in (("SKIP_EVALUATION", "CANCELED", 0), ("START_EVALUATION", "COMPLETED", 3)):
                arn = living.start()
                until(lambda arn=arn: living.view(arn).run.state == "COLLECTING_DATA")  # type: ignore[misc]
                runs.stop(living.service, living.world.caller, str(arn), action)
                view = living.ended(arn)
                assert view.run.state == state
                assert len(findings_of(living, str(arn))) == number
                runs.stop(living.service, living.world.caller, str(arn), "SKIP_EVALUATION")
                assert living.view(arn).run.state == state


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_run_ends_when_its_time_is_over(tmp_path: Path, backend: str) -> None:
    advisories(tmp_path / "data")
    timing = Timing(early_end=False, drain=0, feed_wait=0, duration=0.5)
    for database in databases(backend, tmp_path):
        with run_world(database, tmp_path / "data", timing=timing) as living:
            living.world.host("web-1", packages=OLD)
            view = living.ended(living.start())
            changes = {change.state: change.at for change in view.states}
            assert changes["STOP_DATA_COLLECTION_PENDING"] - changes["COLLECTING_DATA"] >= 500


@pytest.mark.parametrize("backend", BACKENDS)
def test_quotas_hold(tmp_path: Path, backend: str) -> None:
    for database in databases(backend, tmp_path):
        with run_world(database, tmp_path / "data", working=False, quotas=Quotas(hosts_in_runs=1, runs=2)) as living:
            living.world.host("a", tags={"n": "1"})
            living.world.host("b", tags={"n": "2"})
            living.start(living.world.target("one", [("n", "1")]))
            with pytest.raises(LimitExceeded, match="hosts are in runs"):
                living.start(living.world.target("two", [("n", "2")]))
            living.start(living.world.target("nobody", [("n", "3")]))
            with pytest.raises(LimitExceeded, match="may have 2 runs"):
                living.start(living.world.target("nobody else", [("n", "4")]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_of_many_who_start_at_once_one_gets_the_hosts(tmp_path: Path, backend: str) -> None:
    for database in databases(backend, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as living:
            for number in range(5):
                living.world.host(f"web-{number}", packages=OLD)
            names = [living.world.template(living.world.target(f"t{number}"), "weekly") for number in range(8)]
            outcomes: list[str] = []
            gate = threading.Barrier(len(names))

            def begin(
                template: str, gate: threading.Barrier = gate, living: RunWorld = living, told: list[str] = outcomes
            ) -> None:
                gate.wait(20)
                try:
                    runs.start(living.service, living.world.caller, template)
                    told.append("started")
                except AgentsAlreadyRunning:
                    told.append("refused")

            threads = [threading.Thread(target=begin, args=(name,)) for name in names]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert sorted(outcomes) == ["refused"] * 7 + ["started"]


def test_a_host_that_delivers_in_time_ends_the_wait(living: RunWorld) -> None:
    stale = milliseconds() - 2 * 86_400_000
    host = living.world.host("web-1", packages=OLD)
    with living.service.database.write() as connection:
        hosts.change(connection, host.id, facts_at=stale)
    arn = living.start()
    until(lambda: living.view(arn).run.state == "COLLECTING_DATA")
    submissions.submit(living.service, host.account, io.BytesIO(facts({"curl": "7.88.1-10"})), host_id=host.id)
    assert living.ended(arn).run.state == "COMPLETED"
    assert {one.id for one in findings_of(living, str(arn))} == {"CVE-2026-0003"}


def test_a_host_that_never_delivers_is_an_exclusion(living: RunWorld) -> None:
    host = living.world.host("web-1", packages=OLD)
    with living.service.database.write() as connection:
        hosts.change(connection, host.id, facts_at=1)
    arn = living.start()
    until(lambda: living.view(arn).run.state == "COLLECTING_DATA")
    runs.stop(living.service, living.world.caller, str(arn))
    assert living.ended(arn).run.state == "COMPLETED_WITH_ERRORS"
    (name,) = exclusions.list_(living.service, living.world.caller, str(arn)).items
    (told,) = exclusions.describe(living.service, living.world.caller, [name]).items
    assert (told.code, told.title) == ("AGENT_UNHEALTHY", "Agent is unhealthy")
    assert findings_of(living, str(arn)) == []
    assert usage.of_account(living.service, living.world.caller) == []


def test_kernels_that_do_not_run_are_skipped(living: RunWorld, tmp_path: Path) -> None:
    flaws = {"CVE-2026-0100": ("linux", "6.1.200-1", "high")}
    advisories(tmp_path / "data", flaws)
    lines = [facts({"bash": "5.2"}, kernel="6.1.0-38-amd64")]
    for release, version in (("6.1.0-37", "6.1.140-1"), ("6.1.0-38", "6.1.147-1")):
        data = {
            "type": "deb", "version": version, "arch": "amd64", "source": "linux-signed-amd64",
            "source_version": f"{version.replace('-', '+')}",
        }  # fmt: skip
        line = {"kind": "package", "subject": f"linux-image-{release}-amd64", "data": data}
        lines.append(json.dumps(line).encode() + b"\n")
    about = submissions.About(hostname="kernels")
    submissions.submit(living.service, living.world.caller.account, io.BytesIO(b"".join(lines)), about=about)
    living.ended(arn := living.start())
    (only,) = findings_of(living, str(arn))
    assert dict(only.attributes)["package_name"] == "linux-image-6.1.0-38-amd64-0:6.1.147-1"
    with living.service.database.read() as connection:
        assert connection.execute(select(run_host.c.skipped)).scalar() == 1


def test_a_run_whose_moves_fail_again_and_again_ends_as_an_error(living: RunWorld) -> None:
    living.jobs.stop()
    living.world.host("web-1", packages=OLD)
    arn = living.start()

    class Broken(CveJudge):
        def begin(self) -> NoReturn:
            raise RuntimeError("the advisories are gone")

    work = replace(living.work, judges={"cve": Broken(living.work.data)})
    for attempt in range(1, 6):
        with pytest.raises(RuntimeError, match="gone"):
            advance(work, {"run": arn.id, "attempt": attempt})
        assert living.view(arn).run.ended is (attempt == 5)
    assert living.view(arn).run.state == "ERROR"
    (name,) = exclusions.list_(living.service, living.world.caller, str(arn)).items
    (told,) = exclusions.describe(living.service, living.world.caller, [name]).items
    assert told.code == "EVALUATION_ERROR" and "gone" in told.description


def test_one_hosts_trouble_is_its_own(living: RunWorld) -> None:
    living.jobs.stop()
    good, bad = living.world.host("good", packages=OLD), living.world.host("bad", packages=NEW)
    living.service.blobs.remove(bad.facts or "")
    arn = living.start()
    advance(living.work, {"run": arn.id})
    assert living.view(arn).run.state == "COMPLETED_WITH_ERRORS"
    assert {one.asset.agent for one in findings_of(living, str(arn))} == {good.id}
    names = exclusions.list_(living.service, living.world.caller, str(arn)).items
    (told,) = exclusions.describe(living.service, living.world.caller, names).items
    assert told.code == "EVALUATION_ERROR_INSTANCE" and dict(told.scopes)["INSTANCE_ID"] == bad.id
