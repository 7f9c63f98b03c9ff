"""Rules packages: shown under the region's names, understood under any region's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service_world import CIS, CVE, CVE_OF_FRANKFURT, World, pages, worlds
from shindan.model.packages import PACKAGES, REGIONS, endings_of, package_arn
from shindan.model.refusals import InvalidInput
from shindan.service import packages

NEVER = CVE.replace("0-9hgA516p", "0-00000000")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds("sqlite", tmp_path)


def test_all_five_are_listed_under_the_regions_names(world: World) -> None:
    found = packages.list_(world.service, world.caller)
    assert found.items == tuple(str(package_arn("us-west-2", one.name)) for one in PACKAGES)
    assert found.next_token is None
    cut = pages(packages.list_, world.service, world.caller, max_results=2)
    assert [len(page) for page in cut] == [2, 2, 1]
    assert tuple(arn for page in cut for arn in page) == found.items


def test_every_regions_name_is_described(world: World) -> None:
    for region in (*REGIONS, "eu-south-9"):
        arns = [str(package_arn(region, one.name)) for one in PACKAGES]
        found = packages.describe(world.service, world.caller, arns)
        assert [(arn, one.name) for arn, one in found.items] == list(zip(arns, [p.name for p in PACKAGES], strict=True))
        assert found.failed == {}


def test_what_is_none_is_named(world: World) -> None:
    found = packages.describe(world.service, world.caller, [CVE, NEVER, "x", CVE])
    assert [arn for arn, _ in found.items] == [CVE]
    assert found.failed == {NEVER: "ITEM_DOES_NOT_EXIST", "x": "INVALID_ARN", CVE: "DUPLICATE_ARN"}
    with pytest.raises(InvalidInput) as caught:
        packages.describe(world.service, world.caller, [])
    assert caught.value.code == "INVALID_NUMBER_OF_RULES_PACKAGE_ARNS"


def test_names_mean_packages() -> None:
    found = packages.named([CVE, CVE_OF_FRANKFURT, CIS, CVE, NEVER], most=50)
    assert [one.name for one in found] == ["cve", "cve", "cis", None]


def test_endings_tell_packages_apart() -> None:
    endings = [ending for one in PACKAGES for ending in endings_of(one.name)]
    assert len(endings) == len(set(endings)) == 5 * len(REGIONS)
    assert CVE.endswith(endings_of("cve"))
