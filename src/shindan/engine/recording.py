"""Verdicts on hosts become findings, exclusions, issues and units of usage: all of one batch, or nothing of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from shindan.engine.announcing import announce, iso
from shindan.engine.clock import milliseconds
from shindan.engine.happening import note_issues
from shindan.engine.judge import Flaw, HostVerdict
from shindan.engine.telemetry import Row
from shindan.engine.work import Work, packages_of, run_arn
from shindan.model.checked import Counts
from shindan.model.exclusion import Exclusion
from shindan.model.outcome import Verdict
from shindan.model.packages import PackageName
from shindan.model.run import Run
from shindan.model.stored_finding import PACKAGE_NUMBERS, id_of, installed_in
from shindan.store import (
    exclusions,
    findings,
    issues,
    issues_seen,
    judged,
    rules,
    run_hosts,
    run_looked,
    run_rules,
    subscriptions,
    tally,
    usage,
)
from shindan.store.findings import NewFinding
from shindan.store.issues_seen import Observed
from shindan.store.judged import Said
from shindan.store.rules import Rule
from shindan.store.run_rules import Named
from shindan.store.tally import Move

HOST_METER, REACHABILITY_METER = "host", "reachability"


class Judged(NamedTuple):
    """One host of a batch with what every package said of it; `facts` is the digest of what was judged."""

    host: str
    verdicts: Mapping[PackageName, HostVerdict]
    telemetry: Sequence[Row]
    facts: str = ""


class Recorder:
    """Writes the batches of one run; keeps the numbers of the rules that it has written."""

    def __init__(self, work: Work, run: Run) -> None:
        self._work = work
        self._run = run
        self._arns = packages_of(run)
        self._numbers: dict[Rule, int] = {}
        self._checked: dict[Named, int] = {}

    def record(self, connection: Connection, batch: Sequence[Judged]) -> None:
        """Writes a batch whose hosts the caller has made sure are not evaluated yet."""
        at = milliseconds()
        shared = _shared(verdict for one in batch for verdict in one.verdicts.values())
        known = self._rules(connection, {flaw.rule for flaw in shared.values()})
        parts = {key: (known[flaw.rule], flaw.severity, flaw.subject, flaw.attributes) for key, flaw in shared.items()}
        new = [
            NewFinding(one.host, PACKAGE_NUMBERS[name], *parts[id(flaw)])
            for one in batch
            for name, verdict in one.verdicts.items()
            for flaw in verdict.flaws
        ]
        before = findings.last_number(connection)
        findings.add(connection, self._run.account, self._run.id, new, self._run.attributes, at)
        exclusions.add(connection, self._run.id, [made for one in batch for made in self._exclusions(one)])
        moves: list[Move] = []
        for name in self._arns:
            said = {one.host: one.verdicts[name] for one in batch if name in one.verdicts}
            moves += observe(connection, self._run.account, name, said, known, at)
        run_hosts.set_telemetry(connection, self._run.id, {one.host: one.telemetry for one in batch})
        skipped = {one.host: sum(verdict.skipped for verdict in one.verdicts.values()) for one in batch}
        run_hosts.evaluated(connection, self._run.id, skipped)
        self._meter(connection, batch, at)
        self._report(connection, [one.host for one in batch], before, at)
        verdicts = ((one.host, name, one.facts, verdict) for one in batch for name, verdict in one.verdicts.items())
        note_judged(connection, self._run.account, self._run.id, verdicts, at)
        note_issues(connection, self._work.jobs, self._run.account, moves, self._run.id)
        tally.apply(connection, moves, at)  # the last of it: others may wait for this
        checked = self._count(connection, batch)
        self._checked, self._numbers = checked, known  # only now: what was rolled back has no number

    def _rules(self, connection: Connection, wanted: set[Rule]) -> dict[Rule, int]:
        missing = wanted - self._numbers.keys()
        return self._numbers | rules.numbers(connection, missing) if missing else self._numbers

    def _count(self, connection: Connection, batch: Sequence[Judged]) -> dict[Named, int]:
        """Counts what became of rules, and how far the package without a list of them came; the rules' numbers."""
        said: Counter[tuple[Named, Verdict]] = Counter()
        for one in batch:
            for name, verdict in one.verdicts.items():
                number = PACKAGE_NUMBERS[name]
                said.update((Named(number, *rule), word) for rule, word in verdict.rules)
        missing = {rule for rule, _ in said} - self._checked.keys()
        known = self._checked | run_rules.numbers(connection, missing) if missing else self._checked
        run_rules.count(connection, self._run.id, {known[rule]: _counts(rule, said) for rule in {r for r, _ in said}})
        looked = {one.host: said.looked for one in batch for said in one.verdicts.values() if said.looked is not None}
        run_looked.note(connection, self._run.id, looked)
        return known

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
        outside = sum("network" in one.verdicts and _is_assessed(one.verdicts["network"]) for one in batch)
        usage.count(connection, self._run.account, month, HOST_METER, inside)
        usage.count(connection, self._run.account, month, REACHABILITY_METER, outside)

    def _report(self, connection: Connection, hosts: Sequence[str], before: int, at: int) -> None:
        wanted = subscriptions.of_template(connection, self._run.template)
        if not any(one.event == "FINDING_REPORTED" for one in wanted):
            return
        arn = run_arn(self._work.region, self._run)
        numbers = findings.numbers_of(connection, self._run.id, hosts, before)
        told = [{"finding": str(arn.child("finding", id_of(number)))} for number in numbers]
        announce(connection, self._work.jobs, self._work.region, self._run, "FINDING_REPORTED", at, told)


def observe(
    connection: Connection,
    account: str,
    package: PackageName,
    said: Mapping[str, HostVerdict],
    numbers: Mapping[Rule, int],
    at: int,
) -> list[Move]:
    """Brings the issues of hosts up to date with what a package said of them; what that is to the tallies."""
    number = PACKAGE_NUMBERS[package]
    parts = {key: _part(flaw, numbers[flaw.rule]) for key, flaw in _shared(said.values()).items()}
    make = Observed._make
    seen = [make((account, host, number, *parts[id(flaw)])) for host, v in said.items() for flaw in v.flaws]
    seen.sort()  # everybody in one order, so that nobody waits for each other
    moves = issues_seen.observe(connection, seen, at)
    looked_at = [host for host, verdict in said.items() if verdict.whole]
    moves += issues.fix(connection, looked_at, package, at, at)
    in_part = {host: verdict.settled for host, verdict in said.items() if not verdict.whole and verdict.settled}
    return moves + (issues.fix_settled(connection, in_part, package, at, at) if in_part else [])


def note_judged(
    connection: Connection,
    account: str,
    run: str,
    verdicts: Iterable[tuple[str, PackageName, str, HostVerdict]],
    at: int,
) -> None:
    """Notes what packages left unjudged: (host, package, digest of its facts, verdict); `run` is "" between runs."""
    judged.note(
        connection,
        [
            Said(account, host, PACKAGE_NUMBERS[name], run, facts, len(said.flaws), tuple(said.exclusions), at)
            for host, name, facts, said in verdicts
        ],
    )


def _is_assessed(verdict: HostVerdict) -> bool:
    """Whether a package could tell anything: a host of which it could not is left out, and does not count."""
    return verdict.whole or any(word in ("pass", "fail") for _, word in verdict.rules)


def _shared(verdicts: Iterable[HostVerdict]) -> dict[int, Flaw]:
    """Every flaw once, by its identity: hosts have the same ones, and there are hundreds of each in a batch."""
    return {id(flaw): flaw for verdict in verdicts for flaw in verdict.flaws}


def _part(flaw: Flaw, number: int) -> tuple[int, str, str, str, str, int]:
    """What an issue has of its flaw: the last fields of `Observed`."""
    return number, flaw.rule.id, flaw.about, flaw.component, installed_in(flaw.component, flaw.subject), flaw.severity


def _counts(rule: Named, said: Mapping[tuple[Named, Verdict], int]) -> Counts:
    words: tuple[Verdict, ...] = ("pass", "fail", "not_applicable", "manual")
    not_told: tuple[Verdict, ...] = ("error", "unknown")
    passed, failed, not_applicable, manual = (said.get((rule, word), 0) for word in words)
    return Counts(passed, failed, not_applicable, manual, sum(said.get((rule, word), 0) for word in not_told))


def _month(at: int) -> str:
    return iso(at)[:7]
