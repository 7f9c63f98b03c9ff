"""Tailoring of rules by the service: verbs, rights, audit, runs and what is judged between them; on both databases."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from run_world import RunWorld, advisories, run_world
from service_world import REGION, facts
from shindan.app.judges import judges
from shindan.engine import terms
from shindan.engine.advance import advance
from shindan.engine.clock import milliseconds
from shindan.engine.gathering import gather
from shindan.engine.refreshing import rejudge
from shindan.model.packages import package_arn
from shindan.model.refusals import AccessDenied, InvalidInput, LimitExceeded, NoSuchEntity
from shindan.model.report import Report
from shindan.model.tailoring import Entry
from shindan.service import issues, stored_findings, submissions, tailoring
from shindan.service.caller import Caller
from shindan.service.feed_supply import FeedSupply
from shindan.store import accounts, host_tags, runs
from shindan.store import tailoring as stored
from shindan.store.tables import audit
from stores import BACKENDS, databases

PRACTICES = str(package_arn(REGION, "practices"))
LOGIN = "Disable root login over SSH"
OFF = Entry("", rule="practices-ssh-root-login", off=True, reason="a jump host", owner="ops")
ZONES = '[networks]\n"10.20.0.0/16" = "peered"\n'


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            supply = partial(
                FeedSupply, made.service.database, made.service.blobs, made.service.data, tmp_path, update=False
            )
            new = judges(made.service.data, supply)
            made.work = replace(made.work, judges={**new, **made.work.judges})
            yield made


def hand_in(living: RunWorld, hostname: str = "web-1") -> str:
    sshd = {"kind": "sshd", "subject": "global", "data": {"origin": "sshd -T", "options": {"permitrootlogin": "yes"}}}
    text = facts({"bash": "5.2.15-2"}) + json.dumps(sshd).encode() + b"\n"
    about = submissions.About(hostname=hostname)
    return submissions.submit(living.service, living.world.caller.account, io.BytesIO(text), about=about).id


def ended(living: RunWorld) -> tuple[str, set[str]]:
    """A run's ARN, and the hosts on which root may log in."""
    arn = living.start(packages=[PRACTICES])
    advance(living.work, {"run": arn.id})
    names = stored_findings.list_(living.service, living.world.caller, runs=[str(arn)], max_results=100).items
    found = stored_findings.describe(living.service, living.world.caller, names).items
    return str(arn), {one.asset.agent for one in found if one.id == LOGIN}


def reported(living: RunWorld, run: str, type_: str) -> Report:
    """What a report says of a run (ARN)."""
    with living.service.database.read() as connection:
        found = runs.get(connection, run.rpartition("/")[2])
        assert found is not None
        return gather(connection, REGION, found, type_)  # type: ignore[arg-type]


def entries(living: RunWorld) -> list[Entry]:
    return [one for one, _ in tailoring.list_(living.service, living.world.caller)]


def audited(living: RunWorld) -> list[tuple[str, str]]:
    with living.service.database.read() as connection:
        rows = connection.execute(select(audit.c.action, audit.c.outcome).order_by(audit.c.number))
        return [(row.action, row.outcome) for row in rows if "Tailoring" in row.action or "Zones" in row.action]


def test_an_account_that_is_full_may_replace_what_it_has(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tailoring, "MOST", 1)
    service, caller = living.service, living.world.caller
    tailoring.set_(service, caller, OFF)
    new = tailoring.set_(service, caller, OFF._replace(reason="another jump host"))
    with pytest.raises(LimitExceeded):
        tailoring.set_(service, caller, OFF._replace(tags=(("env", "test"),)))
    assert [one for one, _ in tailoring.list_(service, caller)] == [new]


def test_a_run_is_judged_by_it_and_keeps_it(living: RunWorld) -> None:
    one, other = hand_in(living), hand_in(living, "web-2")
    with living.service.database.write() as connection:
        host_tags.set_tags(connection, other, [("env", "test")])
    plain, hosts = ended(living)
    assert hosts == {one, other} and tailoring.of_run(living.service, living.world.caller, plain) == {}
    made = tailoring.set_(living.service, living.world.caller, OFF._replace(tags=(("env", "test"),)))
    tailored, hosts = ended(living)
    assert hosts == {one}, "the host with the tag alone is tailored"
    (kept,) = tailoring.of_run(living.service, living.world.caller, tailored)["entries"]
    assert kept["id"] == made.id and kept["reason"] == "a jump host"
    for type_ in ("FINDING", "FULL"):
        (told,) = reported(living, tailored, type_).tailored
        assert told.entry == made and told.title == LOGIN
        assert reported(living, plain, type_).tailored == ()
    tailoring.remove(living.service, living.world.caller, made.id)
    assert ended(living)[1] == {one, other}, "what was switched off comes back"
    assert tailoring.of_run(living.service, living.world.caller, tailored)["entries"], "runs remember"
    assert audited(living) == [("SetTailoring", "done"), ("RemoveTailoring", "done")]


def test_what_is_switched_off_is_counted_as_such(living: RunWorld) -> None:
    hand_in(living)
    tailoring.set_(living.service, living.world.caller, OFF)
    with living.work.judges["practices"].begin() as judging, living.service.database.read() as connection:
        wanted = terms.terms_of(connection, living.world.caller.account)
        parameters = wanted.of_hosts(connection, ["x"])
        (verdict,) = judging.judge([facts({"bash": "5"})], terms.given(parameters, ["x"]))
    assert {rule.rule: word for rule, word in verdict.rules}["practices-ssh-root-login"] == "not_applicable"


def test_between_runs_issues_follow_and_expiry_brings_them_back(
    living: RunWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(living)
    ended(living)

    def status() -> str:
        rejudge(living.work, {})
        page = issues.list_(living.service, living.world.caller, max_results=100)
        return next(one.status for one in page.items if one.rule_id == LOGIN)

    assert status() == "open"
    made = tailoring.set_(living.service, living.world.caller, OFF._replace(until="2030-01-31"))
    assert status() == "fixed"
    with living.service.database.write() as connection:
        stored.clear(connection, living.world.caller.account)
        stored.add(connection, living.world.caller.account, [made._replace(until="2020-01-31")], milliseconds())
    assert status() == "open"
    assert [current for _, current in tailoring.list_(living.service, living.world.caller)] == [False]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (OFF._replace(rule="nothing"), "there is no rule nothing"),
        (OFF._replace(reason=""), "a reason is wanted"),
        (OFF._replace(until="31.1.2027"), "until is a day"),
        (OFF._replace(off=False), "it wants nothing"),
        (OFF._replace(benchmark="debian-99"), "no benchmark debian-99"),
        (OFF._replace(reason="a\0"), "NUL"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_malformed_or_unknown_is_refused(living: RunWorld, wrong: Entry, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        tailoring.set_(living.service, living.world.caller, wrong)
    assert entries(living) == []


def test_an_entry_about_the_same_replaces_the_one_before(living: RunWorld) -> None:
    caller = living.world.caller
    first = tailoring.set_(living.service, caller, OFF)
    second = tailoring.set_(living.service, caller, OFF._replace(reason="another"))
    third = tailoring.set_(living.service, caller, OFF._replace(tags=(("env", "test"),)))
    assert [one.id for one in entries(living)] == [second.id, third.id] and first.id != second.id
    assert tailoring.set_(living.service, caller, OFF._replace(owner="")).owner == caller.user


def test_a_file_goes_in_and_out_whole_or_not_at_all(living: RunWorld) -> None:
    caller = living.world.caller
    tailoring.set_(living.service, caller, OFF)
    text = tailoring.export(living.service, caller)
    with pytest.raises(InvalidInput, match=r"line 1: .*; line 6: "):
        tailoring.import_(living.service, caller, text.replace("off = true", "of = true") + "[[tailor]]\nx = 1\n")
    assert len(entries(living)) == 1
    tailoring.import_(living.service, caller, text + text.replace("ssh-root-login", "aslr"))
    assert [one.rule for one in entries(living)] == ["practices-ssh-root-login", "practices-aslr"]
    tailoring.import_(living.service, caller, "")
    assert entries(living) == []


def test_accounts_know_nothing_of_each_other(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    made = tailoring.set_(service, caller, OFF)
    tailoring.set_zones(service, caller, ZONES)
    run = str(living.start(packages=[PRACTICES]))
    with service.database.write() as connection:
        other = replace(accounts.every(connection)[0], id="210987654321", name="other")
        accounts.add(connection, other)
    stranger = Caller("210987654321", REGION, "root", administrator=True)
    assert tailoring.list_(service, stranger) == [] and tailoring.zones(service, stranger) == ""
    with pytest.raises(NoSuchEntity):
        tailoring.remove(service, stranger, made.id)
    with pytest.raises(AccessDenied):
        tailoring.of_run(service, stranger, run)
    tailoring.import_(service, stranger, "")
    tailoring.set_zones(service, stranger, "")
    assert len(entries(living)) == 1 and tailoring.zones(service, caller) == ZONES


def test_rights_are_asked_for_each_verb(living: RunWorld) -> None:
    service, account = living.service, living.world.caller.account
    nobody = Caller(account, REGION, "nobody")
    verbs: list[Any] = [
        lambda: tailoring.list_(service, nobody),
        lambda: tailoring.set_(service, nobody, OFF),
        lambda: tailoring.remove(service, nobody, "x"),
        lambda: tailoring.import_(service, nobody, ""),
        lambda: tailoring.export(service, nobody),
        lambda: tailoring.zones(service, nobody),
        lambda: tailoring.set_zones(service, nobody, ""),
    ]
    for verb in verbs:
        with pytest.raises(AccessDenied):
            verb()
    reads = {"Statement": [{"Effect": "Allow", "Action": ["shindan:List*", "shindan:Get*"], "Resource": "*"}]}
    reader = Caller(account, REGION, "reader", policies=(reads,))
    assert tailoring.list_(service, reader) == [] and tailoring.zones(service, reader) == ""
    with pytest.raises(AccessDenied):
        tailoring.set_(service, reader, OFF)
    assert ("SetTailoring", "ACCESS_DENIED") in audited(living), "what was refused is in the audit, too"


def test_zones_are_checked_and_told(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    told = tailoring.set_zones(service, caller, ZONES)
    assert any(line.startswith("peered (PeeredVpc): 10.20.0.0/16") for line in told)
    with service.database.read() as connection:
        wanted = terms.terms_of(connection, caller.account)
        assert wanted.of_hosts(connection, ["x"])["x"].zones == ZONES  # type: ignore[attr-defined]
    for text, why in (('[networks]\n"10.0.0.0/33" = "peered"', "read"), ('[networks]\n"10.0.0.0/8" = "moon"', "moon")):
        with pytest.raises(InvalidInput, match=why):
            tailoring.set_zones(service, caller, text)
    assert tailoring.zones(service, caller) == ZONES
    tailoring.set_zones(service, caller, "")
    assert tailoring.zones(service, caller) == ""
