"""Thresholds against what real runs found: severities, known exploited ones, scores, what is new, what is suppressed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from run_world import RunWorld, advisories, run_world
from shindan.model.arn import Arn
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity, RunInProgress
from shindan.service import runs, suppressions
from shindan.service.caller import Caller
from shindan.service.run_verdict import verdict
from shindan.store.tables import rule
from stores import BACKENDS, databases

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"}
"""It has CVE-2026-0001 (high), -0002 (medium) and -0003 (low)."""


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data") as made:
            yield made


def met(living: RunWorld, arn: Arn, *fail_on: str) -> dict[str, int]:
    return verdict(living.service, living.world.caller, str(arn), fail_on).met


def mark(living: RunWorld) -> None:
    """The high one is known to be exploited and scores 9.8, the low one scores 5.0 by CVSS 2."""
    with living.service.database.write() as connection:
        scored = {
            "CVE-2026-0001": [["CVSS2_SCORE", "4.0"], ["CVSS3_SCORE", "9.8"]],
            "CVE-2026-0003": [["CVSS2_SCORE", "5.0"]],
        }
        for id_, attributes in scored.items():
            connection.execute(rule.update().where(rule.c.id == id_).values(attributes=attributes))
        connection.execute(rule.update().where(rule.c.id == "CVE-2026-0001").values(kev="2026-12-01"))
        assert connection.execute(select(rule.c.id)).scalars().all()


def test_what_is_met(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    for number in range(2):
        living.world.host(f"web-{number}", packages=OLD)
    template = living.world.template(living.world.target())
    first = runs.start(service, caller, template)
    living.ended(first)
    mark(living)
    table = {
        ("high",): {"high": 2},
        ("Low",): {"low": 6},
        ("medium,kev",): {"medium": 4, "kev": 2},
        ("cvss>=9.8", "cvss>9.8"): {"cvss>=9.8": 2},
        ("cvss>=5",): {"cvss>=5": 4},
        ("high + new",): {"high + new": 2},
        ("kev+cvss>9.9",): {},
        (): {},
    }
    assert {words: met(living, first, *words) for words in table} == table
    worst = verdict(service, caller, str(first), ["low"])
    assert (worst.worst, worst.counted, worst.suppressed) == (("CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"), 6, 0)

    living.world.host("web-9", packages=OLD)
    second = runs.start(service, caller, template)
    living.ended(second)
    assert met(living, second, "new,new+high,high") == {"new": 3, "new+high": 1, "high": 3}

    suppressions.create(service, caller, [("cve", "CVE-2026-0001")], "not reachable")
    third = runs.start(service, caller, template)
    living.ended(third)
    assert met(living, third, "high,kev,new,medium") == {"medium": 3}
    assert verdict(service, caller, str(third), ["high"]).suppressed == 3


def test_who_may_not_is_told(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    living.world.host("web", packages=OLD)
    arn = living.start()
    living.ended(arn)
    with pytest.raises(AccessDenied):
        verdict(service, Caller(caller.account, caller.region, "nobody"), str(arn), ["high"])
    with pytest.raises(AccessDenied):
        verdict(service, living.world.other, str(arn), ["high"])
    with pytest.raises(InvalidInput, match="cannot read"):
        verdict(service, caller, str(arn), ["worse"])
    with pytest.raises(NoSuchEntity):
        verdict(service, caller, str(arn.parent.child("run", "0-00000000")), ["high"])
    going = living.world.run(arn.parent)
    with pytest.raises(RunInProgress):
        verdict(service, caller, str(going), ["high"])


def test_findings_that_a_host_has_several_of_by_one_rule(living: RunWorld) -> None:
    """As Network Reachability has them, one a port: each goes with its own issue."""
    from sqlalchemy import insert

    from shindan.store.tables import finding, issue

    host = living.world.host("web", packages=OLD)
    arn = living.start()
    living.ended(arn)
    with living.service.database.write() as connection:
        (number,) = connection.execute(select(rule.c.number).where(rule.c.id == "CVE-2026-0003")).scalars()
        row = {"account": living.world.caller.account, "run": arn.id, "host": host.id, "package": 3, "rule": number, "severity": 0,
               "user_attributes": [], "created_at": 5, "updated_at": 5}  # fmt: skip
        about = {"account": row["account"], "host": host.id, "package": 3, "rule": number, "rule_id": "CVE-2026-0003", "severity": 0,
                 "last_observed": 5}  # fmt: skip
        for port in ("22", "80", "443"):
            connection.execute(insert(finding).values(**row, attributes=[["about", port]]))
        for port, status, first in (("22", "suppressed", 5), ("80", "open", 5), ("8080", "suppressed", 5)):
            connection.execute(insert(issue).values(**about, subject=port, status=status, first_observed=first))
    found = verdict(living.service, living.world.caller, str(arn), ["high", "high+new"])
    assert (found.met, found.suppressed) == ({"high": 3, "high+new": 2}, 1)
