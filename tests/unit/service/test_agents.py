"""Which hosts a target means: any tag of its group, a tag without a value by key alone, all without a group."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service_world import ACCOUNT, OTHER, World, pages, worlds
from shindan.model.refusals import Refusal
from shindan.service import agents, hosts_admin, targets
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        (None, ["app", "db", "plain", "web"]),
        ([("role", "web")], ["web"]),
        ([("role", "web"), ("stage", "test")], ["db", "web"]),
        ([("role", None)], ["db", "web"]),
        ([("role", None), ("Role", "app")], ["app", "db", "web"]),
        ([("role", "x")], []),
        ([("stage", "%")], []),
    ],
    ids=["no group", "a pair", "any of two", "a key", "case counts", "none", "no wildcards"],
)
def test_hosts_of_a_target(world: World, tags: list[tuple[str, str | None]] | None, names: list[str]) -> None:
    world.host("web", tags={"role": "web", "stage": "live"})
    world.host("db", tags={"role": "db", "stage": "test"})
    world.host("app", tags={"Role": "app"})
    world.host("plain")
    world.host("web", tags={"role": "web"}, account=OTHER)
    gone = world.host("old", tags={"role": "web"})
    hosts_admin.archive(world.service, world.caller, gone.id)
    target = world.target("web", tags)
    found = agents.preview(world.service, world.caller, target).items
    assert sorted(host.hostname for host in found) == names
    (group,) = [one.group for one in targets.describe(world.service, world.caller, [target]).items]
    with world.database.read() as connection:
        same = agents.hosts_of(connection, ACCOUNT, group)
    assert tuple(same) == found
    assert list(found) == sorted(found, key=lambda host: host.id)


def test_the_preview_says_what_is_true_now(world: World) -> None:
    target = world.target("web", [("role", "web")])
    host = world.host("web")
    assert agents.preview(world.service, world.caller, target).items == ()
    hosts_admin.tag(world.service, world.caller, host.id, [("role", "web")])
    (found,) = agents.preview(world.service, world.caller, target).items
    assert (found.id, found.tags) == (host.id, (("role", "web"),))


def test_pages_of_hosts(world: World) -> None:
    made = {world.host(f"host-{number}", tags={"a": "b", "c": "d"}).id for number in range(5)}
    target = world.target("web", [("a", "b"), ("c", "d")])
    found = pages(agents.preview, world.service, world.caller, target, max_results=2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert {host.id for page in found for host in page} == made


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("x", "INVALID_ASSESSMENT_TARGET_ARN"),
        (f"arn:aws:inspector:us-west-2:{OTHER}:target/0-00000000", "ACCESS_DENIED_TO_ASSESSMENT_TARGET"),
        (f"arn:aws:inspector:us-west-2:{ACCOUNT}:target/0-00000000", "ASSESSMENT_TARGET_DOES_NOT_EXIST"),
    ],
    ids=["malformed", "another's", "unknown"],
)
def test_what_is_refused(world: World, target: str, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        agents.preview(world.service, world.caller, target)
    assert getattr(caught.value, "code", "") == code
