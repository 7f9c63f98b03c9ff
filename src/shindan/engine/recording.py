"""Verdicts on hosts become findings, exclusions, issues and units of usage: all of one batch, or nothing of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from shindan.engine.announcing import announce, iso
from shindan.engine.clock import milliseconds
from shindan.engine.judge import Flaw, HostVerdict
from shindan.engine.telemetry import Row
from shindan.engine.work import Work, packages_of, run_arn
from shindan.model.exclusion import Exclusion
from shindan.model.packages import PackageName
from shindan.model.run import Run
from shindan.model.stored_finding import PACKAGE_NUMBERS, id_of
from shindan.store import exclusions, findings, issues, rules, run_hosts, subscriptions, usage
from shindan.store.findings import NewFinding
from shindan.store.issues import Observed
from shindan.store.rules import Rule

HOST_METER, REACHABILITY_METER = "host", "reachability"


class Judged(NamedTuple):
    """One host of a batch with what every package said of it."""

    host: str
    verdicts: Mapping[PackageName, HostVerdict]
    telemetry: Sequence[Row]


class Recorder:
    """Writes the batches of one run; keeps the numbers of the rules that it has written."""

    def __init__(self, work: Work, run: Run) -> None:
        self._work = work
        self._run = run
        self._arns = packages_of(run)
        self._numbers: dict[Rule, int] = {}

    def record(self, connection: Connection, batch: Sequence[Judged]) -> None:
        """Writes a batch whose hosts the caller has made sure are not evaluated yet."""
        at = milliseconds()
        known = self._rules(connection, batch)
        new = [
            NewFinding(one.host, PACKAGE_NUMBERS[name], known[flaw.rule], flaw.severity, flaw.subject, flaw.attributes)
            for one in batch
            for name, verdict in one.verdicts.items()
            for flaw in verdict.flaws
        ]
        findings.add(connection, self._run.account, self._run.id, new, self._run.attributes, at)
        exclusions.add(connection, self._run.id, [made for one in batch for made in self._exclusions(one)])
        for name in self._arns:
            said = {one.host: one.verdicts[name] for one in batch if name in one.verdicts}
            observe(connection, self._run.account, name, said, known, at)
        run_hosts.set_telemetry(connection, self._run.id, {one.host: one.telemetry for one in batch})
        skipped = {one.host: sum(verdict.skipped for verdict in one.verdicts.values()) for one in batch}
        run_hosts.evaluated(connection, self._run.id, skipped)
        self._meter(connection, batch, at)
        self._report(connection, [one.host for one in batch], at)
        self._numbers = known  # only now: what was rolled back has no number

    def _rules(self, connection: Connection, batch: Sequence[Judged]) -> dict[Rule, int]:
        wanted = {flaw.rule for one in batch for verdict in one.verdicts.values() for flaw in verdict.flaws}
        missing = wanted - self._numbers.keys()
        return self._numbers | rules.numbers(connection, missing) if missing else self._numbers

    def _exclusions(self, one: Judged) -> list[Exclusion]:
        return [
            Exclusion(code, (("INSTANCE_ID", one.host), ("RULES_PACKAGE_ARN", self._arns[name])), detail)
            for name, verdict in one.verdicts.items()
            for code, detail in verdict.exclusions
        ]

    def _meter(self, connection: Connection, batch: Sequence[Judged], at: int) -> None:
        """A host counts once for all packages that look at it, and once more for reachability (section 12)."""
        month = _month(at)
        inside = sum(any(name != "network" for name in one.verdicts) for one in batch)
        outside = sum("network" in one.verdicts for one in batch)
        usage.count(connection, self._run.account, month, HOST_METER, inside)
        usage.count(connection, self._run.account, month, REACHABILITY_METER, outside)

    def _report(self, connection: Connection, hosts: Sequence[str], at: int) -> None:
        wanted = subscriptions.of_template(connection, self._run.template)
        if not any(one.event == "FINDING_REPORTED" for one in wanted):
            return
        arn = run_arn(self._work.region, self._run)
        numbers = findings.numbers_of(connection, self._run.id, hosts)
        told = [{"finding": str(arn.child("finding", id_of(number)))} for number in numbers]
        announce(connection, self._work.jobs, self._work.region, self._run, "FINDING_REPORTED", at, told)


def observe(
    connection: Connection,
    account: str,
    package: PackageName,
    said: Mapping[str, HostVerdict],
    numbers: Mapping[Rule, int],
    at: int,
) -> None:
    """Brings the issues of hosts up to date with what a package said of them."""
    number = PACKAGE_NUMBERS[package]
    seen = [_observed(account, host, number, flaw, numbers) for host, v in said.items() for flaw in v.flaws]
    seen.sort()  # everybody in one order, so that nobody waits for each other
    issues.observe(connection, seen, at)
    looked_at = [host for host, verdict in said.items() if verdict.whole]
    issues.fix(connection, looked_at, package, at, at)


def _observed(account: str, host: str, number: int, flaw: Flaw, numbers: Mapping[Rule, int]) -> Observed:
    rule = flaw.rule
    return Observed(
        account, host, number, numbers[rule], rule.id, flaw.about, flaw.component, flaw.subject, flaw.severity
    )


def _month(at: int) -> str:
    return iso(at)[:7]
