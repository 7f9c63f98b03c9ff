"""The tallies are what the issues are, whatever happens to issues and hosts; on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from console_world import ALL, CURL, HIGH, OPENSSL, OPENSSL_TOO, SETTING, furnished, kept, open_now, really, see
from service_world import ACCOUNT, World, worlds
from shindan.model.host import Host
from shindan.service import hosts_admin, suppressions
from shindan.service.retention import Keep, prune
from shindan.store import accounts, hosts, retention, tally
from shindan.store.account_removal import remove as remove_account
from shindan.store.rules import Rule
from shindan.store.tables import issue, issue_day, issue_tally, rule
from stores import BACKENDS

DAY = 86_400_000
NOON = 20_000 * DAY + DAY // 2


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def agree(world: World) -> None:
    for found, real in zip(kept(world), really(world), strict=True):
        assert found == real
    with world.database.read() as connection:
        assert not tally.differs(connection, ACCOUNT)


Steps = Callable[[World, tuple[Host, Host, Host]], None]


def _again(world: World, fleet: tuple[Host, Host, Host]) -> None:
    see(world, fleet[:1], ALL, 2_000)


def _mended(world: World, fleet: tuple[Host, Host, Host]) -> None:
    see(world, fleet[:2], [OPENSSL], 2_000)


def _back(world: World, fleet: tuple[Host, Host, Host]) -> None:
    _mended(world, fleet)
    see(world, fleet[:2], ALL, 3_000)


def _worse(world: World, fleet: tuple[Host, Host, Host]) -> None:
    see(world, fleet, [CURL], 2_000, severity=HIGH)


def _reworded(world: World, fleet: tuple[Host, Host, Host]) -> None:
    see(world, fleet[:1], [OPENSSL._replace(fixed="", kev="")], 2_000, severity=HIGH)


def _suppressed(world: World, _: tuple[Host, Host, Host]) -> None:
    suppressions.create(world.service, world.caller, [("component", "openssl")], "no")


def _suppressed_and_mended(world: World, fleet: tuple[Host, Host, Host]) -> None:
    _suppressed(world, fleet)
    see(world, fleet[:1], [CURL], 2_000)


def _brought_back(world: World, _: tuple[Host, Host, Host]) -> None:
    id_ = suppressions.create(world.service, world.caller, [("tag", "stage=prod")], "no")
    suppressions.delete(world.service, world.caller, id_)


def _archived(world: World, fleet: tuple[Host, Host, Host]) -> None:
    hosts_admin.archive(world.service, world.caller, fleet[0].id)


def _archived_and_seen(world: World, fleet: tuple[Host, Host, Host]) -> None:
    _archived(world, fleet)
    see(world, fleet[:1], [OPENSSL], 2_000)


def _heard_again(world: World, fleet: tuple[Host, Host, Host]) -> None:
    _archived(world, fleet)
    said = {"new_health": "HEALTHY", "new_code": "IDLE", "new_details": "", "new_last_seen": 1, "new_version": "1"}
    with world.database.write() as connection:
        hosts.tell_health(connection, [{"of": fleet[0].id, **said}])


def _unseen(world: World, _: tuple[Host, Host, Host]) -> None:
    with world.database.write() as connection:
        assert len(hosts.archive_unseen(connection, ACCOUNT, 2**50)) == 3


def _upgraded(world: World, fleet: tuple[Host, Host, Host]) -> None:
    with world.database.write() as connection:
        hosts.change(connection, fleet[0].id, platform="debian:13", kernel="6.12")


def _merged(world: World, fleet: tuple[Host, Host, Host]) -> None:
    hosts_admin.merge(world.service, world.caller, fleet[0].id, fleet[1].id)


def _removed(world: World, fleet: tuple[Host, Host, Host]) -> None:
    hosts_admin.remove(world.service, world.caller, fleet[0].id)


def _pruned(world: World, fleet: tuple[Host, Host, Host]) -> None:
    _mended(world, fleet)
    with world.database.write() as connection:
        assert retention.remove_fixed_issues(connection, 2**50) > 0


@pytest.mark.parametrize(
    "happens",
    [
        _again, _mended, _back, _worse, _reworded, _suppressed, _suppressed_and_mended, _brought_back, _archived,
        _archived_and_seen, _heard_again, _unseen, _upgraded, _merged, _removed, _pruned,
    ],
    ids=lambda step: step.__name__.strip("_").replace("_", " "),
)  # fmt: skip
def test_tallies_follow_what_happens(world: World, happens: Steps) -> None:
    fleet = furnished(world)
    agree(world)
    happens(world, fleet)
    agree(world)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("see", "see", "worse", "archive", "return", "move", "suppress", "prune")),
            st.integers(0, 2),
            st.sets(st.sampled_from(ALL)),
        ),
        max_size=8,
    )
)
def test_tallies_follow_any_history(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, int, set[Rule]]]
) -> None:
    for world in worlds("sqlite", tmp_path_factory.mktemp("world")):
        fleet = furnished(world)
        for moment, (what, at, found) in enumerate(history, 2):
            host = fleet[at]
            if what in ("see", "worse"):
                see(world, [host], sorted(found), 1_000 * moment, severity=HIGH if what == "worse" else None)
            elif what in ("archive", "return"):
                hosts_admin.archive(world.service, world.caller, host.id, what == "archive")
            elif what == "move":
                with world.database.write() as connection:
                    hosts.change(connection, host.id, platform=f"debian:{12 + moment % 2}")
            elif what == "suppress":
                suppressions.create(world.service, world.caller, [("host", host.id)], "no")
            else:
                with world.database.write() as connection:
                    retention.remove_fixed_issues(connection, 1_000 * moment)
        agree(world)


def days(world: World) -> dict[str, tuple[int, ...]]:
    with world.database.read() as connection:
        return {row.day: (row.s0, row.s1, row.s2) for row in connection.execute(select(issue_day))}


def test_days_are_kept_as_they_ended(world: World) -> None:
    web = world.host("web-1")
    see(world, [web], ALL, NOON)
    see(world, [web], [OPENSSL], NOON + 1)
    see(world, [web], [OPENSSL, CURL], NOON + 3 * DAY)
    assert days(world) == {"2024-10-04": (1, 0, 0), "2024-10-07": (1, 0, 1)}
    # Whoever began before midnight ends after others of the next day: both days have it.
    see(world, [world.host("web-2")], [OPENSSL_TOO], NOON)
    assert days(world) == {"2024-10-04": (1, 1, 0), "2024-10-07": (1, 1, 1)}


def test_what_is_wrong_is_found_and_counted_anew(world: World) -> None:
    furnished(world)
    with world.database.write() as connection:
        connection.execute(delete(issue_tally).where(issue_tally.c.status == "open", issue_tally.c.severity == HIGH))
    with world.database.read() as connection:
        assert tally.differs(connection, ACCOUNT)
    prune(world.service, Keep())
    agree(world)
    assert sum(list(days(world).values())[-1]) == open_now(world)


def test_accounts_are_counted_apart_and_go_with_their_tallies(world: World) -> None:
    furnished(world)
    theirs = world.host("other", account=world.other.account)
    see(world, [theirs], ALL, 1_000)
    agree(world)
    with world.database.write() as connection:
        assert accounts.get(connection, world.other.account) is not None
        remove_account(connection, world.other.account)
    assert {key[0] for counted in kept(world) for key in counted} == {ACCOUNT}  # type: ignore[index]


def test_writers_of_one_rule_wait_for_each_other_and_nothing_is_lost(world: World) -> None:
    fleet = [world.host(f"web-{number}") for number in range(8)]
    see(world, [], ALL, 1_000)  # the rule's text is there before they begin

    def work(mine: list[Host]) -> None:
        for moment in range(1, 6):
            see(world, mine, ALL if moment % 2 else [OPENSSL], 1_000 * moment)

    threads = [threading.Thread(target=work, args=([host],)) for host in fleet]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    agree(world)
    assert open_now(world) == 8 * 3
    assert sum(sum(numbers) for numbers in days(world).values()) == 8 * 3


def test_the_text_of_a_rule_keeps_what_lists_need(world: World) -> None:
    see(world, [world.host("web-1")], [OPENSSL, SETTING], 1_000)
    with world.database.read() as connection:
        (row,) = connection.execute(select(rule).where(rule.c.id == OPENSSL.id)).all()
        assert (row.component, row.fixed, row.kind, row.kev) == OPENSSL[6:]
        assert connection.execute(select(issue.c.component)).scalar_one() == "openssl"
