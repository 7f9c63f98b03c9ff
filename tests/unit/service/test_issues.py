"""Issues over several runs, suppressions, judging again without a run, and usage in money; on both databases."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from run_world import FLAWS, RunWorld, advisories, run_world
from service_world import facts
from shindan.engine.clock import milliseconds
from shindan.engine.reconcile import reconcile
from shindan.engine.refreshing import Rejudged, rejudge
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service import issues, runs, stored_findings, submissions, subscriptions, suppressions
from shindan.service.usage import tiers
from shindan.store import accounts
from shindan.store.tables import outbox
from stores import BACKENDS, databases

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"}
NEW = {"openssl": "3.0.17-1~deb12u3", "curl": "7.88.1-10"}


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data") as made:
            yield made


def statuses(living: RunWorld) -> dict[str, str]:
    page = issues.list_(living.service, living.world.caller, max_results=100)
    return {issue.rule_id: issue.status for issue in page.items}


def test_an_issue_lives_on_from_run_to_run(living: RunWorld) -> None:
    host = living.world.host("web-1", packages=OLD)
    first = living.ended(arn := living.start(living.world.target("first")))
    assert statuses(living) == dict.fromkeys(FLAWS, "open")
    living.world.host("web-1", packages=NEW)
    second = living.ended(living.start(living.world.target("second")))
    assert statuses(living) == {"CVE-2026-0001": "fixed", "CVE-2026-0002": "open", "CVE-2026-0003": "open"}
    known = {one.rule_id: one for one in issues.list_(living.service, living.world.caller).items}
    assert [one.severity for one in known.values()] == ["High", "Medium", "Low"]
    still, gone = known["CVE-2026-0002"], known["CVE-2026-0001"]
    assert still.first_observed < (first.run.completed_at or 0) < still.last_observed <= (second.run.completed_at or 0)
    assert gone.last_observed <= (first.run.completed_at or 0) < (gone.fixed_at or 0)
    assert (still.component, still.installed, still.host) == ("openssl", "3.0.17-1~deb12u3", host.id)
    living.world.host("web-1", packages=OLD)
    living.ended(living.start(living.world.target("third")))
    assert statuses(living)["CVE-2026-0001"] == "open"
    # The same issue stands behind the findings of all runs.
    names = stored_findings.list_(living.service, living.world.caller).items
    found = stored_findings.describe(living.service, living.world.caller, names).items
    assert len(found) == 8
    assert len({one.fingerprint for one in found}) == 3
    behind = issues.of_findings(living.service, living.world.caller, found)
    assert {behind[one.fingerprint].rule_id for one in found} == set(FLAWS)
    assert issues.list_(living.service, living.world.other).items == ()
    assert issues.of_findings(living.service, living.world.other, found) == {}
    runs.delete(living.service, living.world.caller, str(arn))
    assert len(stored_findings.list_(living.service, living.world.caller).items) == 5


def test_new_advisories_are_heeded_without_a_run(living: RunWorld, tmp_path: Path) -> None:
    living.jobs.stop()  # nobody is to empty the outbox
    living.world.host("web-1", packages=OLD)
    template = living.world.template(living.world.target())
    topic = "arn:aws:sns:us-west-2:123456789012:told"
    subscriptions.subscribe(living.service, living.world.caller, template, "OTHER", topic)
    account = living.world.caller.account
    assert issues.rejudge(living.work, account) == Rejudged(hosts=1, opened=3, fixed=0)
    flaws = {"CVE-2026-0001": FLAWS["CVE-2026-0001"], "CVE-2026-0009": ("curl", "8.0-1", "high")}
    advisories(tmp_path / "data", flaws)
    rejudge(living.work, {})
    expected = {"CVE-2026-0001": "open", "CVE-2026-0002": "fixed", "CVE-2026-0003": "fixed", "CVE-2026-0009": "open"}
    assert statuses(living) == expected
    with living.service.database.read() as connection:
        told = connection.execute(select(outbox.c.payload).where(outbox.c.event == "OTHER").order_by(outbox.c.number))
        assert [(one["opened"], one["fixed"]) for one in told.scalars()] == [(3, 0), (1, 2)]
    # Nothing changed since: nobody is looked at. A host that handed in anew is.
    assert issues.rejudge(living.work, account).hosts == 1
    living.world.host("web-2", packages=OLD)
    advisories(tmp_path / "data", FLAWS)
    with living.service.database.write() as connection:
        accounts.set_settings(connection, account, {"rejudge": False})
    rejudge(living.work, {})
    assert statuses(living) == expected


@pytest.mark.parametrize(
    ("scope", "marked"),
    [
        ([("cve", "CVE-2026-0001")], {"CVE-2026-0001"}),
        ([("component", "openssl")], {"CVE-2026-0001", "CVE-2026-0002"}),
        ([("tag", "stage=test")], set(FLAWS)),
        ([("tag", "stage")], set(FLAWS)),
        ([("tag", "stage=prod")], set()),
        ([("package", "cve"), ("component", "curl")], {"CVE-2026-0003"}),
        ([("host", "i-00000000000000000")], set()),
    ],
    ids=["one CVE", "a package's name", "tag and value", "tag", "another value", "both", "another host"],
)
def test_a_suppression_marks_and_never_deletes(
    living: RunWorld, scope: list[tuple[str, str]], marked: set[str]
) -> None:
    living.world.host("web-1", packages=OLD, tags={"stage": "test"})
    issues.rejudge(living.work, living.world.caller.account)
    id_ = suppressions.create(living.service, living.world.caller, scope, "not reachable")  # type: ignore[arg-type]
    assert {rule for rule, status in statuses(living).items() if status == "suppressed"} == marked
    issues.rejudge(living.work, living.world.caller.account)
    assert {rule for rule, status in statuses(living).items() if status == "suppressed"} == marked
    suppressions.delete(living.service, living.world.caller, id_)
    assert set(statuses(living).values()) == {"open"}


def test_an_expired_suppression_gives_back_what_it_marked(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    living.world.host("web-1", packages=OLD)
    issues.rejudge(living.work, living.world.caller.account)
    now = milliseconds()
    suppressions.create(
        living.service,
        living.world.caller,
        [("package", "cve")],
        "until the window",
        owner="ops",
        expires_at=now + 60_000,
    )
    assert set(statuses(living).values()) == {"suppressed"}
    reconcile(living.work, {})
    assert set(statuses(living).values()) == {"suppressed"}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(now // 1000 + 120))
    reconcile(living.work, {})
    assert set(statuses(living).values()) == {"open"}
    (kept,) = suppressions.list_(living.service, living.world.caller)
    assert (kept.owner, kept.reason) == ("ops", "until the window")


@pytest.mark.parametrize(
    ("scope", "reason", "expires"),
    [([], "why", None), ([("colour", "red")], "why", None), ([("cve", "CVE-1")], "", None), ([("cve", "CVE-1")], "why", 1),
     ([("package", "nothing")], "why", None)],
    ids=["about nothing", "unknown kind", "no reason", "expired", "unknown package"],
)  # fmt: skip
def test_suppressions_that_cannot_be(
    living: RunWorld, scope: list[tuple[str, str]], reason: str, expires: int | None
) -> None:
    with pytest.raises(InvalidInput):
        suppressions.create(living.service, living.world.caller, scope, reason, expires_at=expires)  # type: ignore[arg-type]
    with pytest.raises(NoSuchEntity):
        suppressions.delete(living.service, living.world.caller, "0-aaaaaaaa")


def test_a_gap_leaves_issues_as_they_were(living: RunWorld) -> None:
    host = living.world.host("web-1", packages=OLD)
    issues.rejudge(living.work, living.world.caller.account)
    torn = facts({"curl": "9"}) + b'{"kind":"gap","subject":"packages_deb","data":{"reason":"torn"}}\n'
    submissions.submit(living.service, host.account, io.BytesIO(torn), host_id=host.id)
    assert issues.rejudge(living.work, living.world.caller.account).fixed == 0
    assert set(statuses(living).values()) == {"open"}


def test_twelve_thousand_assessed_hosts_cost_what_the_price_list_says() -> None:
    found = tiers("host", 12_000)
    assert [tier.units for tier in found] == [250, 750, 4_000, 7_000]
    assert sum(tier.amount for tier in found) == Decimal("1562.50")
    assert tiers("reachability", 0) == ()
    assert tiers("reachability", 60_000)[-1].units == 10_000
