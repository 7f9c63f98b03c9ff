"""Runs with packages that are evaluated from facts of hosts: findings, exclusions, and what was sampled."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from run_world import RunWorld, advisories, run_world
from service_world import CVE, REGION, facts
from shindan.app.judges import judges
from shindan.engine.advance import advance
from shindan.engine.judge import Judge
from shindan.model.arn import Arn
from shindan.model.exclusion import Exclusion
from shindan.model.host import Host
from shindan.model.packages import PackageName, package_arn
from shindan.model.stored_finding import NOTHING_FOUND, StoredFinding
from shindan.rules.packages import HOST_PACKAGES
from shindan.service import exclusions, issues, stored_findings, submissions
from shindan.service.feed_supply import FeedSupply
from shindan.service.host_judging import HostJudge
from shindan.store import run_hosts
from stores import BACKENDS, databases

NAMES: tuple[PackageName, ...] = ("practices", "runtime")
PRACTICES, RUNTIME = (str(package_arn(REGION, name)) for name in NAMES)
BEGIN, END = 1_000_000, 1_003_600


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    """A world whose runs are moved by the test, by the judges of the two packages."""
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            new: dict[PackageName, Judge] = {name: HostJudge(HOST_PACKAGES[name]) for name in NAMES}
            made.work = replace(made.work, judges={**made.work.judges, **new})
            yield made


def line(kind: str, subject: str, **data: Any) -> bytes:
    return json.dumps({"kind": kind, "subject": subject, "data": data}).encode() + b"\n"


def sshd(**options: str) -> bytes:
    return line("sshd", "global", origin="sshd -T", options=options)


def hand_in(living: RunWorld, *lines: bytes, hostname: str = "web-1") -> Host:
    given = b"".join([facts({"bash": "5.2.15-2", "openssh-server": "1:9.2p1-2+deb12u7"}), *lines])
    about = submissions.About(hostname=hostname)
    return submissions.submit(living.service, living.world.caller.account, io.BytesIO(given), about=about)


def found(living: RunWorld, arn: Arn) -> Mapping[str, StoredFinding]:
    names = stored_findings.list_(living.service, living.world.caller, runs=[str(arn)], max_results=100).items
    return {one.id: one for one in stored_findings.describe(living.service, living.world.caller, names).items}


def excluded(living: RunWorld, arn: Arn) -> list[Exclusion]:
    names = exclusions.list_(living.service, living.world.caller, str(arn)).items
    return list(exclusions.describe(living.service, living.world.caller, names).items) if names else []


def test_findings_of_best_practices(living: RunWorld) -> None:
    host = hand_in(living, sshd(permitrootlogin="without-password", passwordauthentication="no", usepam="no"))
    arn = living.start(packages=[PRACTICES])
    advance(living.work, {"run": arn.id})
    (one,) = found(living, arn).values()
    assert one.id == "Disable root login over SSH" and one.severity == "Medium"
    assert one.title == f"Instance {host.id} lets root log in over SSH"
    assert "Observed: sshd: PermitRootLogin without-password (wanted: PermitRootLogin no)." in one.description
    assert one.attributes == (("INSTANCE_ID", host.id),) and one.rules_package == PRACTICES
    told = excluded(living, arn)
    assert {one.code for one in told} == {"NOT_LOOKED_AT"}, "nothing else was among its facts"
    assert {dict(one.scopes)["RULES_PACKAGE_ARN"] for one in told} == {PRACTICES}
    details = " ".join(one.detail for one in told)
    titles = [one.rule.title for one in HOST_PACKAGES["practices"].rules[3:]]  # type: ignore[attr-defined]
    assert all(title in details for title in titles), "what could not be judged is named"
    assert living.view(arn).run.state == "COMPLETED_WITH_ERRORS"
    (issue,) = issues.list_(living.service, living.world.caller).items
    assert issue.rule_id == one.id and issue.status == "open"


def test_packages_go_together_and_what_is_right_is_no_finding(living: RunWorld) -> None:
    hand_in(living, sshd(permitrootlogin="no", passwordauthentication="no", usepam="no"))
    arn = living.start(packages=[CVE, PRACTICES])
    advance(living.work, {"run": arn.id})
    assert {one.title for one in found(living, arn).values()} == {NOTHING_FOUND}
    assert "NOT_AVAILABLE_YET" not in {one.code for one in excluded(living, arn)}


def test_what_was_sampled_is_judged_with_the_inventory(living: RunWorld) -> None:
    host = hand_in(living)
    arn = living.start(packages=[RUNTIME])
    sampled = [
        line("connection", "tcp 10.0.0.2 > 192.0.2.7:23", protocol="tcp", direction="out", remote_address="192.0.2.7",
             remote_port=23, count=1, first_seen=BEGIN, last_seen=END),
        line("listener", "tcp 0.0.0.0:111", protocol="tcp", address="0.0.0.0", port=111, program="/usr/sbin/rpcbind",
             first_seen=BEGIN, last_seen=END),
        line("process", "/opt/x", path="/opt/x", pid=7, count=1, uids=[0], stack_check=True,
             writable=[{"path": "/opt/x", "by": "/opt", "why": "everybody may write"}]),
    ]  # fmt: skip
    with living.service.database.write() as connection:
        digests = [living.service.blobs.put(part) for part in (sampled[0], b"".join(sampled[1:]))]
        run_hosts.sample(connection, arn.id, host.id, digests, END)
    advance(living.work, {"run": arn.id})
    assert {one.id: one.severity for one in found(living, arn).values()} == {
        "Insecure Client Protocols (Login)": "Medium",
        "Unused Listening TCP Ports": "Informational",
        "Insecure Server Protocols": "Informational",
        "Root Process with Insecure Permissions": "High",
    }
    assert excluded(living, arn) == [] and living.view(arn).run.state == "COMPLETED"


def test_samples_that_are_gone_are_a_gap_and_no_pass(living: RunWorld) -> None:
    host = hand_in(living)
    arn = living.start(packages=[RUNTIME])
    with living.service.database.write() as connection:
        digest = living.service.blobs.put(line("process", "/x", path="/x", pid=7, count=1, uids=[0]))
        run_hosts.sample(connection, arn.id, host.id, [digest], END)
    living.service.blobs.remove(digest)
    advance(living.work, {"run": arn.id})
    (told,) = excluded(living, arn)
    assert told.code == "NOT_OBSERVED" and "a part of the window cannot be read" in told.detail
    assert {one.title for one in found(living, arn).values()} == {NOTHING_FOUND}


def test_a_window_is_not_judged_again_without_its_samples(living: RunWorld) -> None:
    """Judging anew sees inventories alone: what a window found is neither found again nor mended by that."""
    host = hand_in(living)
    arn = living.start(packages=[RUNTIME])
    process = line("process", "/opt/x", path="/opt/x", pid=7, count=1, uids=[0], stack="protected", stack_check=True,
                   writable=[{"path": "/opt/x", "by": "/opt", "why": "everybody may write"}])  # fmt: skip
    with living.service.database.write() as connection:
        run_hosts.sample(connection, arn.id, host.id, [living.service.blobs.put(process)], END)
    advance(living.work, {"run": arn.id})
    issues.rejudge(living.work, living.world.caller.account)
    (issue,) = issues.list_(living.service, living.world.caller, packages=["runtime"]).items
    assert issue.status == "open"


def test_the_house_has_judges_of_both(living: RunWorld) -> None:
    supply = FeedSupply(living.service.database, living.service.blobs, living.work.data, None, update=False)
    wired = judges(living.work.data, lambda: supply)
    for name in NAMES:
        judge = wired[name]
        assert isinstance(judge, HostJudge) and judge.missing(["debian:4"]) == () and judge.fetch([]) == {}
