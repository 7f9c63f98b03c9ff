"""Groups are created and described; equal ones are not joined."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service_world import ACCOUNT, World, worlds
from shindan.model.refusals import InvalidInput, LimitExceeded
from shindan.service import groups
from shindan.service.service import Quotas
from shindan.store import groups as stored
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_a_group_is_described_as_it_was_created(world: World) -> None:
    pairs = (("Name", "web"), ("Name", "db"), ("inspector", None))
    first, second = (groups.create(world.service, world.caller, pairs) for _ in range(2))
    assert first != second
    found = groups.describe(world.service, world.caller, [str(second), str(first)])
    assert [group.id for group in found.items] == [second.id, first.id]
    assert {group.tags for group in found.items} == {pairs}
    assert all(group.created_at > 1_600_000_000_000 for group in found.items)


def test_another_accounts_group_is_not_shown(world: World) -> None:
    mine = str(groups.create(world.service, world.caller, [("a", "b")]))
    assert groups.describe(world.service, world.other, [mine]).failed == {mine: "ACCESS_DENIED"}
    stolen = mine.replace(ACCOUNT, world.other.account)
    assert groups.describe(world.service, world.other, [stolen]).failed == {stolen: "ITEM_DOES_NOT_EXIST"}


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([], "INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS"),
        ([(str(n), "x") for n in range(11)], "INVALID_NUMBER_OF_RESOURCE_GROUP_TAGS"),
        ([("", "x")], "INVALID_RESOURCE_GROUP_TAG_KEY"),
        ([("k" * 129, "x")], "INVALID_RESOURCE_GROUP_TAG_KEY"),
        ([("k\0", "x")], "INVALID_RESOURCE_GROUP_TAG_KEY"),
        ([("k", "")], "INVALID_RESOURCE_GROUP_TAG_VALUE"),
        ([("k", "v" * 257)], "INVALID_RESOURCE_GROUP_TAG_VALUE"),
        ([("k", "\udc80")], "INVALID_RESOURCE_GROUP_TAG_VALUE"),
    ],
)
def test_tags_out_of_bounds(world: World, tags: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        groups.create(world.service, world.caller, tags)
    assert caught.value.code == code


def test_the_quota_leaves_nothing_behind(tmp_path: Path) -> None:
    for small in worlds("sqlite", tmp_path, Quotas(resource_groups=1)):
        groups.create(small.service, small.caller, [("a", "b")])
        with pytest.raises(LimitExceeded) as caught:
            groups.create(small.service, small.caller, [("a", "b")])
        assert caught.value.code == "RESOURCE_GROUP_LIMIT_EXCEEDED"
        groups.create(small.service, small.other, [("a", "b")])
        with small.database.read() as connection:
            assert stored.count(connection, ACCOUNT) == 1
