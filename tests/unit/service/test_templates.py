"""Templates: names unique in a target, packages of any region, filters, tags; nothing else ever changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from service_world import ACCOUNT, CIS, CVE, CVE_OF_FRANKFURT, World, pages, worlds
from shindan.model.arn import parse
from shindan.model.packages import package_arn
from shindan.model.refusals import AccessDenied, InvalidInput, LimitExceeded, NoSuchEntity, Refusal, RunInProgress
from shindan.model.scap import CONTENT_KEY, PROFILE_KEY, ScapNamed
from shindan.service import targets, templates
from shindan.service.service import Quotas
from shindan.store.tables import run
from stores import BACKENDS

NEVER = "arn:aws:inspector:us-west-2:758058086616:rulespackage/0-00000000"
UNKNOWN_TARGET = f"arn:aws:inspector:us-west-2:{ACCOUNT}:target/0-00000000"
UNKNOWN = f"{UNKNOWN_TARGET}/template/0-00000000"


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_a_template_is_described_as_it_was_created(world: World) -> None:
    target = world.target()
    pairs = (("team", "red"), ("ticket", None))
    arn = templates.create(world.service, world.caller, target, "weekly", 180, [CIS, CVE_OF_FRANKFURT], pairs)
    (found,) = templates.describe(world.service, world.caller, [str(arn)]).items
    assert str(arn.parent) == target
    assert (found.name, found.duration, found.attributes, found.tags) == ("weekly", 180, pairs, ())
    assert found.packages == (CIS, CVE_OF_FRANKFURT)
    assert (found.runs, found.last_run) == (0, None)


def test_scap_content_is_named_where_its_package_is(world: World) -> None:
    package = str(package_arn("us-west-2", "scap"))
    named = ScapNamed("ssg-debian11-ds.xml", "standard", "0" * 64).attributes
    arn = templates.create(world.service, world.caller, world.target(), "scap", 180, [package], tuple(named.items()))
    (found,) = templates.describe(world.service, world.caller, [str(arn)]).items
    assert dict(found.attributes) == named


@pytest.mark.parametrize(
    "pairs",
    [
        (),
        ((CONTENT_KEY, "a.xml"),),
        ((CONTENT_KEY, "/a.xml"), (PROFILE_KEY, "p")),
        ((CONTENT_KEY, None), (PROFILE_KEY, "p")),
    ],
    ids=["none", "no profile", "a folder", "no name"],
)
def test_the_package_of_scap_content_must_be_told_what(world: World, pairs: tuple[tuple[str, str | None], ...]) -> None:
    package = str(package_arn("eu-west-1", "scap"))
    with pytest.raises(InvalidInput, match="needs to be told what") as caught:
        templates.create(world.service, world.caller, world.target(), "scap", 180, [CVE, package], pairs)
    assert caught.value.code == "INVALID_USER_ATTRIBUTE"


def test_runs_that_exist_are_counted(world: World) -> None:
    arn = parse(world.template(world.target()))
    first, second = (world.run(arn, "COMPLETED") for _ in range(2))
    (found,) = templates.describe(world.service, world.caller, [str(arn)]).items
    assert (found.runs, found.last_run) == (2, second.id)
    with world.database.write() as connection:
        connection.execute(run.delete().where(run.c.id == second.id))
    (found,) = templates.describe(world.service, world.caller, [str(arn)]).items
    assert (found.runs, found.last_run) == (1, first.id)


def test_a_name_is_taken_once_a_target(world: World) -> None:
    first, second = world.target("a"), world.target("b")
    world.template(first)
    world.template(second)
    with pytest.raises(InvalidInput, match="Name already exists; Name: weekly") as caught:
        world.template(first)
    assert caught.value.code == "ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN"


@pytest.mark.parametrize(
    ("change", "refusal", "code"),
    [
        ({"target_arn": "nonsense"}, InvalidInput, "INVALID_ASSESSMENT_TARGET_ARN"),
        ({"name": ""}, InvalidInput, "INVALID_ASSESSMENT_TEMPLATE_NAME"),
        ({"name": "x" * 141}, InvalidInput, "INVALID_ASSESSMENT_TEMPLATE_NAME"),
        ({"duration": 179}, InvalidInput, "INVALID_ASSESSMENT_TEMPLATE_DURATION"),
        ({"duration": 86_401}, InvalidInput, "INVALID_ASSESSMENT_TEMPLATE_DURATION"),
        ({"package_arns": ["nonsense"]}, InvalidInput, "INVALID_RULES_PACKAGE_ARN"),
        ({"package_arns": [UNKNOWN_TARGET]}, InvalidInput, "INVALID_RULES_PACKAGE_ARN"),
        ({"package_arns": [CVE] * 51}, InvalidInput, "INVALID_NUMBER_OF_RULES_PACKAGE_ARNS"),
        ({"attributes": [("k", "1"), ("k", "2")]}, InvalidInput, "INVALID_USER_ATTRIBUTE"),
        ({"attributes": [("", "1")]}, InvalidInput, "INVALID_USER_ATTRIBUTE_KEY"),
        ({"attributes": [("k", "")]}, InvalidInput, "INVALID_USER_ATTRIBUTE_VALUE"),
        ({"attributes": [(str(n), "") for n in range(11)]}, InvalidInput, "INVALID_NUMBER_OF_USER_ATTRIBUTES"),
        (
            {"target_arn": UNKNOWN_TARGET.replace(ACCOUNT, "999999999999")},
            AccessDenied,
            "ACCESS_DENIED_TO_ASSESSMENT_TARGET",
        ),
        ({"target_arn": UNKNOWN_TARGET}, NoSuchEntity, "ASSESSMENT_TARGET_DOES_NOT_EXIST"),
        ({"package_arns": [CVE, NEVER]}, NoSuchEntity, "RULES_PACKAGE_DOES_NOT_EXIST"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused_leaves_nothing(
    world: World, change: dict[str, Any], refusal: type[InvalidInput], code: str
) -> None:
    good = {"target_arn": world.target(), "name": "weekly", "duration": 3600, "package_arns": [CVE], "attributes": ()}
    with pytest.raises(refusal) as caught:
        templates.create(world.service, world.caller, **{**good, **change})
    assert caught.value.code == code
    assert templates.list_(world.service, world.caller).items == ()


def test_a_template_may_have_no_packages(world: World) -> None:
    arn = world.template(world.target(), packages=[])
    assert templates.describe(world.service, world.caller, [arn]).items[0].packages == ()


def test_the_quota(tmp_path: Path) -> None:
    for small in worlds("sqlite", tmp_path, Quotas(templates=1)):
        target = small.target()
        small.template(target)
        with pytest.raises(InvalidInput):
            small.template(target)
        with pytest.raises(LimitExceeded) as caught:
            small.template(target, "daily")
        assert caught.value.code == "ASSESSMENT_TEMPLATE_LIMIT_EXCEEDED"


def test_a_template_under_another_targets_name_is_unknown(world: World) -> None:
    mine, other = world.target("a"), world.target("b")
    wrong = world.template(mine).replace(parse(mine).id, parse(other).id)
    assert templates.describe(world.service, world.caller, [wrong]).failed == {wrong: "ITEM_DOES_NOT_EXIST"}
    for call in (
        lambda: templates.delete(world.service, world.caller, wrong),
        lambda: templates.tags_of(world.service, world.caller, wrong),
        lambda: templates.set_tags(world.service, world.caller, wrong, []),
    ):
        with pytest.raises(NoSuchEntity) as caught:
            call()
        assert caught.value.code == "ASSESSMENT_TEMPLATE_DOES_NOT_EXIST"


def test_deleting_takes_runs_along_but_waits_for_those_in_progress(world: World) -> None:
    target = world.target()
    arn, other = world.template(target, "a"), world.template(target, "b")
    busy = world.run(parse(arn), "EVALUATING_RULES")
    with pytest.raises(RunInProgress) as caught:
        templates.delete(world.service, world.caller, arn)
    assert caught.value.members()["assessmentRunArns"] == [str(busy)]
    templates.delete(world.service, world.caller, other)
    with world.database.write() as connection:
        connection.execute(run.update().values(state="CANCELED"))
    templates.delete(world.service, world.caller, arn)
    with world.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(run)).scalar() == 0
    assert targets.describe(world.service, world.caller, [target]).items
    with pytest.raises(NoSuchEntity):
        templates.delete(world.service, world.caller, arn)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, "abcd"),
        ({"name_pattern": "?"}, "abcd"),
        ({"name_pattern": "a*"}, "a"),
        ({"duration": (600, None)}, "bcd"),
        ({"duration": (None, 600)}, "ab"),
        ({"duration": (600, 1200)}, "bc"),
        ({"duration": (None, None)}, "abcd"),
        ({"packages": [CVE]}, "abc"),
        ({"packages": [CVE_OF_FRANKFURT]}, "abc"),
        ({"packages": [CVE, CIS]}, "b"),
        ({"packages": [NEVER]}, ""),
        ({"packages": [CVE], "duration": (600, 1200), "name_pattern": "[bc]"}, ""),
    ],
    ids=lambda value: str(value)[:60],
)
def test_filters(world: World, wanted: dict[str, Any], names: str) -> None:
    target = world.target()
    rows = [("a", 180, [CVE]), ("b", 600, [CIS, CVE]), ("c", 1200, [CVE_OF_FRANKFURT]), ("d", 3600, [CIS])]
    made = {world.template(target, *row): row[0] for row in rows}
    found = templates.list_(world.service, world.caller, **wanted)
    assert sorted(made[arn] for arn in found.items) == list(names)


def test_lists_of_targets(world: World) -> None:
    first, second, third = (world.target(name) for name in "abc")
    made = {target: world.template(target) for target in (first, second, third)}
    found = pages(templates.list_, world.service, world.caller, targets=[first, third], max_results=1)
    assert sorted(arn for page in found for arn in page) == sorted([made[first], made[third]])
    assert templates.list_(world.service, world.other).items == ()


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"targets": ["x"]}, "INVALID_ASSESSMENT_TARGET_ARN"),
        ({"targets": [UNKNOWN_TARGET] * 51}, "INVALID_NUMBER_OF_ASSESSMENT_TARGET_ARNS"),
        ({"targets": [UNKNOWN_TARGET]}, "ASSESSMENT_TARGET_DOES_NOT_EXIST"),
        ({"targets": [UNKNOWN_TARGET.replace(ACCOUNT, "9" * 12)]}, "ACCESS_DENIED_TO_ASSESSMENT_TARGET"),
        ({"duration": (600, 599)}, "INVALID_ASSESSMENT_TEMPLATE_DURATION_RANGE"),
        ({"name_pattern": ""}, "INVALID_ASSESSMENT_TEMPLATE_NAME_PATTERN"),
        ({"packages": ["x"]}, "INVALID_RULES_PACKAGE_ARN"),
        ({"max_results": 0}, "INVALID_MAX_RESULTS"),
        ({"token": "x"}, "INVALID_PAGINATION_TOKEN"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_filters_that_are_refused(world: World, wanted: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        templates.list_(world.service, world.caller, **wanted)
    assert getattr(caught.value, "code", "") == code


def test_tags_are_replaced_as_a_whole(world: World) -> None:
    arn = world.template(world.target())
    for tags in [(("a", "1"), ("b", None)), (("c", "3"),), ()]:
        templates.set_tags(world.service, world.caller, arn, tags)
        assert templates.tags_of(world.service, world.caller, arn) == tags


@pytest.mark.parametrize(
    ("arn", "tags", "code"),
    [
        ("x", [], "INVALID_RESOURCE_ARN"),
        (UNKNOWN_TARGET, [], "INVALID_RESOURCE_ARN"),
        (UNKNOWN.replace(ACCOUNT, "9" * 12), [], "ACCESS_DENIED_TO_ASSESSMENT_TEMPLATE"),
        (UNKNOWN, [], "ASSESSMENT_TEMPLATE_DOES_NOT_EXIST"),
        (UNKNOWN, [("a", "1"), ("a", "2")], "INVALID_TAG"),
        (UNKNOWN, [("a" * 129, "1")], "INVALID_TAG_KEY"),
        (UNKNOWN, [("a", "1" * 257)], "INVALID_TAG_VALUE"),
        (UNKNOWN, [(str(n), "1") for n in range(11)], "INVALID_NUMBER_OF_TAGS"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_tags_that_are_refused(world: World, arn: str, tags: list[tuple[str, str]], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        templates.set_tags(world.service, world.caller, arn, tags)
    assert getattr(caught.value, "code", "") == code
