"""Targets: names are unique in an account, groups must exist, and running runs hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, select

from service_world import ACCOUNT, World, pages, worlds
from shindan.model.arn import parse
from shindan.model.refusals import AccessDenied, InvalidInput, LimitExceeded, NoSuchEntity, Refusal, RunInProgress
from shindan.service import groups, subscriptions, targets
from shindan.service.service import Quotas
from shindan.store import audit
from shindan.store.tables import resource_group, run, run_host, subscription, template
from stores import BACKENDS

UNKNOWN_GROUP = f"arn:aws:inspector:us-west-2:{ACCOUNT}:resourcegroup/0-00000000"
UNKNOWN = f"arn:aws:inspector:us-west-2:{ACCOUNT}:target/0-00000000"


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_a_target_is_described_as_it_was_created(world: World) -> None:
    group = groups.create(world.service, world.caller, [("a", "b")])
    mine = targets.create(world.service, world.caller, "web", str(group))
    everything = targets.create(world.service, world.caller, "everything")
    found = targets.describe(world.service, world.caller, [str(everything), str(mine)])
    assert [(one.id, one.name, one.group) for one in found.items] == [
        (everything.id, "everything", None),
        (mine.id, "web", group.id),
    ]
    assert all(one.created_at == one.updated_at for one in found.items)


def test_a_name_is_taken_once_an_account(world: World) -> None:
    targets.create(world.service, world.caller, "web")
    targets.create(world.service, world.other, "web")
    targets.create(world.service, world.caller, "Web")
    with pytest.raises(InvalidInput) as caught:
        targets.create(world.service, world.caller, "web")
    assert caught.value.code == "ASSESSMENT_TARGET_NAME_ALREADY_TAKEN"
    said = f"Create assessmentTarget - Name already exists; Name: web ParentOwner: {ACCOUNT}"
    assert str(caught.value) == said


def test_of_many_who_take_a_name_at_once_one_gets_it(world: World) -> None:
    outcomes: list[str] = []

    def take() -> None:
        try:
            targets.create(world.service, world.caller, "web")
            outcomes.append("taken")
        except InvalidInput as refusal:
            outcomes.append(refusal.code)

    threads = [Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ASSESSMENT_TARGET_NAME_ALREADY_TAKEN"] * 5 + ["taken"]


def test_the_quota_holds_for_many_at_once(tmp_path: Path) -> None:
    for number, backend in enumerate(BACKENDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        for small in worlds(backend, folder, Quotas(targets=3)):
            codes: list[str] = []

            def create(name: str, small: World = small, codes: list[str] = codes) -> None:
                try:
                    targets.create(small.service, small.caller, name)
                except LimitExceeded as refusal:
                    codes.append(refusal.code)

            threads = [Thread(target=create, args=(str(n),)) for n in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert codes == ["ASSESSMENT_TARGET_LIMIT_EXCEEDED"] * 3
            assert len(targets.list_(small.service, small.caller).items) == 3


@pytest.mark.parametrize(
    ("name", "group", "refusal", "code"),
    [
        ("", None, InvalidInput, "INVALID_ASSESSMENT_TARGET_NAME"),
        ("x" * 141, None, InvalidInput, "INVALID_ASSESSMENT_TARGET_NAME"),
        ("a\0b", None, InvalidInput, "INVALID_ASSESSMENT_TARGET_NAME"),
        ("", UNKNOWN_GROUP.replace(ACCOUNT, "999999999999"), InvalidInput, "INVALID_ASSESSMENT_TARGET_NAME"),
        ("web", "nonsense", InvalidInput, "INVALID_RESOURCE_GROUP_ARN"),
        ("web", UNKNOWN_GROUP.replace(ACCOUNT, "999999999999"), AccessDenied, "ACCESS_DENIED_TO_RESOURCE_GROUP"),
        ("web", UNKNOWN_GROUP, NoSuchEntity, "RESOURCE_GROUP_DOES_NOT_EXIST"),
    ],
    ids=["no name", "long name", "NUL", "malformed before denied", "no group", "another's group", "unknown group"],
)
def test_what_is_refused_leaves_nothing(
    world: World, name: str, group: str | None, refusal: type[InvalidInput], code: str
) -> None:
    with pytest.raises(refusal) as caught:
        targets.create(world.service, world.caller, name, group)
    assert caught.value.code == code
    assert targets.list_(world.service, world.caller).items == ()


def test_an_update_replaces_all_of_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = world.target("web", [("a", "b")])
    created = targets.describe(world.service, world.caller, [arn]).items[0]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(created.created_at // 1000 + 60))
    targets.update(world.service, world.caller, arn, "web servers")
    (found,) = targets.describe(world.service, world.caller, [arn]).items
    assert (found.name, found.group, found.created_at) == ("web servers", None, created.created_at)
    assert found.updated_at > created.updated_at
    targets.update(world.service, world.caller, arn, "web servers")


def test_an_update_that_is_refused_changes_nothing(world: World) -> None:
    arn, other = world.target("web"), world.target("db")
    wrong: list[tuple[Callable[[], object], str]] = [
        (lambda: targets.update(world.service, world.caller, arn, "db"), "ASSESSMENT_TARGET_NAME_ALREADY_TAKEN"),
        (lambda: targets.update(world.service, world.caller, UNKNOWN, "x"), "ASSESSMENT_TARGET_DOES_NOT_EXIST"),
        (lambda: targets.update(world.service, world.caller, arn, "x", UNKNOWN_GROUP), "RESOURCE_GROUP_DOES_NOT_EXIST"),
        (lambda: targets.update(world.service, world.other, arn, "x"), "ACCESS_DENIED_TO_ASSESSMENT_TARGET"),
    ]
    for call, code in wrong:
        with pytest.raises(Refusal) as caught:
            call()
        assert getattr(caught.value, "code", "") == code
    names = [one.name for one in targets.describe(world.service, world.caller, [arn, other]).items]
    assert names == ["web", "db"]


def test_a_deleted_target_takes_all_but_its_group_along(world: World) -> None:
    arn = world.target("web", [("a", "b")])
    weekly = world.template(arn)
    subscriptions.subscribe(world.service, world.caller, weekly, "OTHER", "https://example.org/hook")
    host = world.host("web-1")
    world.run(parse(weekly), "COMPLETED", [host.id])
    targets.delete(world.service, world.caller, arn)
    with world.database.read() as connection:
        tables = (template, subscription, run, run_host, resource_group)
        left = [connection.execute(select(func.count()).select_from(table)).scalar() for table in tables]
    assert left == [0, 0, 0, 0, 1]
    with pytest.raises(NoSuchEntity) as caught:
        targets.delete(world.service, world.caller, arn)
    assert caught.value.code == "ASSESSMENT_TARGET_DOES_NOT_EXIST"


def test_runs_in_progress_hold_a_target_and_are_named(world: World) -> None:
    arn = world.target()
    weekly = parse(world.template(arn))
    runs = [str(world.run(weekly)) for _ in range(12)]
    world.run(weekly, "FAILED")
    with pytest.raises(RunInProgress) as caught:
        targets.delete(world.service, world.caller, arn)
    told = caught.value.members()
    assert told["assessmentRunArns"] == runs[:10]
    assert told["assessmentRunArnsTruncated"] is True
    assert targets.describe(world.service, world.caller, [arn]).items


def test_pages_hold_every_target_once_newest_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for number in range(7):
        # Two a second: those of one moment have an order, too.
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(1_800_000_000 + number // 2))
        made.append(world.target(f"target {number}"))
    found = pages(targets.list_, world.service, world.caller, max_results=3)
    assert [len(page) for page in found] == [3, 3, 1]
    listed = [arn for page in found for arn in page]
    assert sorted(listed) == sorted(made)
    moments = [one.created_at for one in targets.describe(world.service, world.caller, listed).items]
    assert moments == sorted(moments, reverse=True)


def test_a_page_goes_on_behind_what_was_seen_whatever_changes_meanwhile(world: World) -> None:
    made = [world.target(f"target {number}") for number in range(4)]
    first = targets.list_(world.service, world.caller, max_results=2)
    targets.delete(world.service, world.caller, first.items[0])
    world.target("newest")
    second = targets.list_(world.service, world.caller, max_results=2, token=first.next_token)
    assert {*first.items, *second.items} == set(made)


def test_a_list_by_pattern_and_its_tokens(world: World) -> None:
    arns = [world.target(name) for name in ("web-1", "web-2", "db-1")]
    found = targets.list_(world.service, world.caller, name_pattern="web-?", max_results=1)
    assert {*found.items} < {*arns[:2]}
    with pytest.raises(InvalidInput) as caught:
        targets.list_(world.service, world.caller, name_pattern="db*", token=found.next_token)
    assert caught.value.code == "INVALID_PAGINATION_TOKEN"
    with pytest.raises(InvalidInput):
        targets.list_(world.service, world.other, name_pattern="web-?", token=found.next_token)
    assert targets.list_(world.service, world.other).items == ()


def test_changes_and_refusals_are_written_down(world: World) -> None:
    arn = world.target("web")
    with pytest.raises(AccessDenied):
        targets.delete(world.service, world.other, arn)
    targets.delete(world.service, world.caller, arn)
    with world.database.read() as connection:
        mine = [(e.action, e.resource, e.outcome) for e in audit.entries(connection, ACCOUNT)]
        theirs = audit.entries(connection, world.other.account)[0]
    assert mine[:2] == [("DeleteAssessmentTarget", arn, "done"), ("CreateAssessmentTarget", arn, "done")]
    assert (theirs.action, theirs.resource) == ("DeleteAssessmentTarget", arn)
    assert theirs.outcome == "ACCESS_DENIED_TO_ASSESSMENT_TARGET"
    assert theirs.caller == world.other.principal
