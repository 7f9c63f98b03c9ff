"""What is seen again is noted as seen, whether or not anything else of it changed; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service_world import ACCOUNT, World, worlds
from shindan.store import issues, issues_seen, rules
from shindan.store.issues import IssueFilter
from shindan.store.issues_seen import Observed
from shindan.store.rules import Rule
from stores import BACKENDS

HOST = "i-00000000000000001"
FLAWS = ("CVE-2026-1", "CVE-2026-2", "CVE-2026-3")


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def see(world: World, at: int, *ids: str, installed: str = "1.0-1") -> None:
    with world.service.database.write() as connection:
        known = rules.numbers(connection, [Rule("cve", id_, "", "", "") for id_ in FLAWS])
        number = {rule.id: place for rule, place in known.items()}
        seen = [Observed(ACCOUNT, HOST, 0, number[id_], id_, "", "curl", installed, 1) for id_ in ids]
        issues_seen.observe(connection, seen, at)
        issues.fix(connection, [HOST], "cve", at, at)


def kept(world: World) -> dict[str, tuple[str, str, int, int]]:
    """Status, installed version, first and last moment by id."""
    with world.service.database.read() as connection:
        rows = issues.listed(connection, ACCOUNT, IssueFilter(), limit=10)
    return {one.rule_id: (one.status, one.installed, one.first_observed, one.last_observed) for _, one in rows}


def test_the_same_again_moves_the_last_moment_only(world: World) -> None:
    see(world, 100, *FLAWS)
    see(world, 200, *FLAWS)
    assert kept(world) == dict.fromkeys(FLAWS, ("open", "1.0-1", 100, 200))


def test_an_earlier_moment_that_comes_late_takes_nothing_back(world: World) -> None:
    see(world, 200, *FLAWS)
    see(world, 100, *FLAWS)
    assert kept(world) == dict.fromkeys(FLAWS, ("open", "1.0-1", 200, 200))


def test_what_changed_is_replaced_and_what_is_new_begins(world: World) -> None:
    see(world, 100, *FLAWS[:2])
    see(world, 200, *FLAWS, installed="1.1-1")
    assert kept(world) == {
        FLAWS[0]: ("open", "1.1-1", 100, 200),
        FLAWS[1]: ("open", "1.1-1", 100, 200),
        FLAWS[2]: ("open", "1.1-1", 200, 200),
    }


def test_what_was_fixed_and_is_back_is_open_again(world: World) -> None:
    see(world, 100, *FLAWS)
    see(world, 200, FLAWS[0])
    assert kept(world)[FLAWS[1]][0] == "fixed"
    see(world, 300, *FLAWS)
    assert kept(world) == dict.fromkeys(FLAWS, ("open", "1.0-1", 100, 300))


def test_what_is_not_among_the_seen_keeps_its_moment(world: World) -> None:
    see(world, 100, *FLAWS)
    with world.service.database.write() as connection:
        known = rules.numbers(connection, [Rule("cve", FLAWS[0], "", "", "")])
        (number,) = known.values()
        issues_seen.observe(connection, [Observed(ACCOUNT, HOST, 0, number, FLAWS[0], "", "curl", "1.0-1", 1)], 200)
    assert {id_: row[3] for id_, row in kept(world).items()} == {FLAWS[0]: 200, FLAWS[1]: 100, FLAWS[2]: 100}


def test_issues_are_found_by_the_id_of_a_rule(world: World) -> None:
    see(world, 100, *FLAWS)
    with world.service.database.read() as connection:
        for statuses in ((), ("open",)):
            rows = issues.listed(connection, ACCOUNT, IssueFilter(statuses, rules=FLAWS[:2]), limit=10)
            assert [one.rule_id for _, one in rows] == list(FLAWS[:2])
        assert issues.listed(connection, "999999999999", IssueFilter(rules=FLAWS), limit=10) == []
