"""Pages of findings against a plain look at all of them: every filter finds the same, whichever way it goes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import update

from service_world import ACCOUNT, World, worlds
from shindan.model.arn import parse
from shindan.model.assessment import Pairs
from shindan.store import finding_legs, finding_pages, findings, rules
from shindan.store.finding_pages import FindingFilter, listed
from shindan.store.finding_traits import note_run
from shindan.store.findings import FoundRow, NewFinding
from shindan.store.rules import Rule
from shindan.store.tables import run as run_table
from stores import BACKENDS

HOSTS = [f"i-{number:017x}" for number in range(5)]
OWN: list[Pairs] = [(), (), (("TCP_PORT", "22"),), (("TCP_PORT", "80"), ("ZONE", None))]
RULES = [
    Rule(
        "cve", f"CVE-2026-{number % 7}", f"t{number}", "d", "r", (("CVE_ID", f"CVE-2026-{number % 7}"), ("LEVEL", "1"))
    )
    if number < 10
    else Rule("cis", f"cis {number}", "t", "d", "r", (("LEVEL", str(number % 3)),))
    for number in range(14)
]


@dataclass
class Stored:
    """Findings of ended runs, and with each what its rule shares."""

    world: World
    runs: list[str]
    rows: list[tuple[FoundRow, Rule]]


@pytest.fixture(scope="module", params=BACKENDS)
def stored(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    for world in worlds(request.param, tmp_path_factory.mktemp("pages")):
        yield _filled(world)


def _filled(world: World) -> Stored:
    dice = random.Random(11)
    template = parse(world.template(world.target()))
    with world.database.write() as connection:
        known = rules.numbers(connection, RULES)
    runs = [world.run(template, "COMPLETED").id for _ in range(4)]
    for day, run_id in enumerate(runs[:3]):  # the last one found nothing
        mine: Pairs = (("team", "a"),) if day == 1 else ()
        with world.database.write() as connection:
            for host in HOSTS:
                new = [_new(dice, host, known) for _ in range(dice.randrange(3, 14))]
                findings.add(connection, ACCOUNT, run_id, new, mine, day * 10_000_000 + 1000)
            note_run(connection, ACCOUNT, run_id, mine)
            times = {"created_at": day * 10_000_000, "completed_at": day * 10_000_000 + 5000}
            connection.execute(update(run_table).where(run_table.c.id == run_id).values(**times))
    with world.database.write() as connection:
        for run_id in runs:
            for row in findings.of_run(connection, run_id):
                if row.number % 6 == 0:
                    pairs = () if row.number % 12 else (*row.user_attributes, ("owner", "ada"))
                    findings.set_user_attributes(connection, ACCOUNT, row, pairs, 77)
    by_number = {number: rule for rule, number in known.items()}
    with world.database.read() as connection:
        rows = [row for run_id in runs for row in findings.of_run(connection, run_id)]
    return Stored(world, runs, [(row, by_number[row.rule]) for row in rows])


def _new(dice: random.Random, host: str, known: dict[Rule, int]) -> NewFinding:
    rule = dice.choice(RULES)
    package = 0 if rule.package == "cve" else dice.choice((1, 2))
    subject = dice.choice(("openssl-1", "zlib-2", "")) if package == 0 else ""
    return NewFinding(host, package, known[rule], dice.randrange(4), subject, dice.choice(OWN))


def _some(dice: random.Random, values: Sequence[Any], most: int, chance: float = 0.3) -> tuple[Any, ...]:
    return tuple(dice.sample(values, dice.randint(1, most))) if dice.random() < chance else ()


def _wanted(dice: random.Random) -> FindingFilter:
    moments = [None, 0, 1000, 5000, 9_000_000, 10_001_000, 20_000_000, 20_001_000, 90_000_000]
    pairs = [
        ("CVE_ID", "CVE-2026-3"), ("LEVEL", "1"), ("LEVEL", "2"), ("TCP_PORT", "22"), ("ZONE", None), ("ZONE", "x"),
        ("package_name", "openssl-1"), ("package_name", "none"), ("INSTANCE_ID", HOSTS[1]), ("INSTANCE_ID", HOSTS[2]),
    ]  # fmt: skip
    return FindingFilter(
        hosts=_some(dice, [*HOSTS, "i-unknown"], 3),
        rules=_some(dice, [*dict.fromkeys(rule.id for rule in RULES), "unknown"], 3),
        severities=tuple(sorted(_some(dice, [0, 1, 2, 3, 4], 3))),
        packages=tuple(sorted(_some(dice, [-1, 0, 1, 2, 4], 2))),
        attributes=_some(dice, pairs, 2),
        user_attributes=_some(dice, [("team", "a"), ("owner", "ada"), ("owner", "eve")], 2, 0.25),
        created=(dice.choice(moments), dice.choice(moments)) if dice.random() < 0.3 else (None, None),
    )


def _passes(row: FoundRow, rule: Rule, wanted: FindingFilter) -> bool:
    shown = {*rule.attributes, *row.attributes, ("package_name", row.subject), ("INSTANCE_ID", row.host)}
    low, high = wanted.created
    return (
        (not wanted.hosts or row.host in wanted.hosts)
        and (not wanted.rules or rule.id in wanted.rules)
        and (not wanted.severities or row.severity in wanted.severities)
        and (not wanted.packages or row.package in wanted.packages)
        and set(wanted.attributes) <= shown
        and set(wanted.user_attributes) <= set(row.user_attributes)
        and (low is None or row.created_at >= low)
        and (high is None or row.created_at <= high)
    )


@pytest.mark.parametrize("narrow", [False, True], ids=["usual bounds", "every bound reached"])
def test_every_filter_finds_what_a_plain_look_finds(
    stored: Stored, narrow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if narrow:
        monkeypatch.setattr(finding_pages, "_MOST_RULES", 1)
        monkeypatch.setattr(finding_pages, "_FEW_MARKS", 0)
        monkeypatch.setattr(finding_legs, "_ENOUGH", 0)
        monkeypatch.setattr(finding_legs, "MOST_LEGS", 3)
    dice = random.Random(5)
    met = 0
    for _ in range(150):
        wanted = _wanted(dice)
        runs = _some(dice, stored.runs, 4, 0.4)
        hidden = () if runs else _some(dice, stored.runs, 1, 0.2)
        expected = [
            (row.number, row.run)
            for row, rule in sorted(stored.rows, key=lambda pair: pair[0].number)
            if _passes(row, rule, wanted) and (not runs or row.run in runs) and row.run not in hidden
        ]
        assert _pages(stored, wanted, runs, hidden, dice.randint(1, 9)) == expected, (wanted, runs, hidden)
        met += bool(expected)
    assert met > 40  # most filters would otherwise prove nothing


def _pages(
    stored: Stored, wanted: FindingFilter, runs: tuple[str, ...], hidden: tuple[str, ...], limit: int
) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    with stored.world.database.read() as connection:
        while True:
            after = found[-1][0] if found else None
            part = listed(connection, ACCOUNT, wanted, runs=runs, hidden=hidden, after=after, limit=limit)
            found.extend(part)
            if len(part) < limit:
                return found


def test_another_accounts_findings_are_never_there(stored: Stored) -> None:
    with stored.world.database.read() as connection:
        for wanted in (FindingFilter(), FindingFilter(hosts=(HOSTS[0],)), FindingFilter(attributes=(("LEVEL", "1"),))):
            assert listed(connection, "999999999999", wanted, limit=10) == []
