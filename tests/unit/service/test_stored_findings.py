"""Findings by page, by filter and by name, and attributes of the caller's own; on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from run_world import RunWorld, advisories, run_world
from service_world import CIS, CVE, CVE_OF_FRANKFURT, pages
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.model.stored_finding import id_of, number_of
from shindan.service import exclusions, runs, stored_findings
from shindan.service.exclusions import create_preview, get_preview
from shindan.service.stored_findings import FindingFilter
from shindan.service.submissions import About
from stores import BACKENDS, databases

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"}


@pytest.fixture(scope="module", params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunWorld]:
    """Four hosts, two of them in a scaling group, assessed twice; seven findings of a host are three CVEs."""
    folder = tmp_path_factory.mktemp("findings")
    advisories(folder / "data")
    for database in databases(request.param, folder):
        with run_world(database, folder / "data") as made:
            for number in range(4):
                group = "asg" if number < 2 else ""
                about = About(hostname=f"web-{number}", scaling_group=group)
                made.world.host(f"web-{number}", packages=OLD, about=about, host_id=f"i-{number:017x}")
            target = made.world.target()
            for name in ("one", "two"):
                made.ended(made.start(target, name=name))
            yield made


def wanted(living: RunWorld, **filter_: object) -> list[tuple[str, str]]:
    given = FindingFilter(**filter_)  # type: ignore[arg-type]
    names = stored_findings.list_(living.service, living.world.caller, filter=given, max_results=100).items
    if not names:
        return []
    found = stored_findings.describe(living.service, living.world.caller, names)
    assert found.failed == {} and [one.arn for one in found.items] == list(names)
    return sorted((one.asset.agent[-1], one.id[-1]) for one in found.items)


@pytest.mark.parametrize(
    ("filter_", "number"),
    [
        ({}, 24),
        ({"hosts": ("i-00000000000000001",)}, 6),
        ({"hosts": ("i-00000000000000001", "i-00000000000000002")}, 12),
        ({"hosts": ("i-0000000000000000f",)}, 0),
        ({"scaling_groups": ("asg",)}, 12),
        ({"scaling_groups": ("asg",), "hosts": ("i-00000000000000001", "i-00000000000000002")}, 6),
        ({"scaling_groups": ("nobody",)}, 0),
        ({"rules": ("CVE-2026-0001",)}, 8),
        ({"rules": ("CVE-2026-0001", "CVE-2026-0003"), "severities": ("Low",)}, 8),
        ({"rules": ("CVE-1",)}, 0),
        ({"severities": ("High", "Low")}, 16),
        ({"severities": ("Informational",)}, 0),
        ({"packages": (CVE,)}, 24),
        ({"packages": (CVE_OF_FRANKFURT,)}, 24),
        ({"packages": (CIS,)}, 0),
        ({"attributes": (("INSTANCE_ID", "i-00000000000000003"), ("CVE_ID", "CVE-2026-0002"))}, 2),
        ({"attributes": (("package_name", "curl-0:7.88.1-10"),)}, 8),
        ({"attributes": (("package_name", "CURL-0:7.88.1-10"),)}, 0),
        ({"attributes": (("CVE_ID", "CVE-2026-000_"),)}, 0),
        ({"user_attributes": (("Owner", "me"),)}, 0),
        ({"created": (1, 2)}, 0),
        ({"created": (1, None)}, 24),
    ],
    ids=str,
)
def test_filters(living: RunWorld, filter_: dict[str, object], number: int) -> None:
    assert len(wanted(living, **filter_)) == number


def test_pages_are_whole_and_in_order(living: RunWorld) -> None:
    caller = living.world.caller
    everything = [name for page in pages(stored_findings.list_, living.service, caller, max_results=7) for name in page]
    assert len(everything) == len(set(everything)) == 24
    newest, oldest = runs.list_(living.service, caller).items
    both = pages(stored_findings.list_, living.service, caller, runs=[newest, oldest], max_results=5)
    assert [len(page) for page in both] == [5, 5, 5, 5, 4]
    assert [name for page in both for name in page] == everything
    one = [name for page in pages(stored_findings.list_, living.service, caller, runs=[newest]) for name in page]
    assert one == everything[12:]
    assert stored_findings.list_(living.service, living.world.other).items == ()


@pytest.mark.parametrize(
    ("filter_", "code"),
    [
        ({"severities": ("Critical",)}, "INVALID_SEVERITY"),
        ({"hosts": ("i",) * 100}, "INVALID_NUMBER_OF_AGENT_IDS"),
        ({"rules": ("r",) * 51}, "INVALID_NUMBER_OF_RULE_NAMES"),
        ({"packages": ("x",)}, "INVALID_RULES_PACKAGE_ARN"),
        ({"created": (2, 1)}, "INVALID_ATTRIBUTE"),
    ],
    ids=["severity", "hosts", "rules", "package", "range"],
)
def test_malformed_filters(living: RunWorld, filter_: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        wanted(living, **filter_)
    assert refusal.value.code == code


def test_unknown_and_foreign_names(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    (name, *_) = stored_findings.list_(service, caller).items
    run = name.rpartition("/finding/")[0]
    with pytest.raises(NoSuchEntity):
        stored_findings.list_(service, caller, runs=[run[:-1] + ("a" if run[-1] != "a" else "b")])
    with pytest.raises(AccessDenied):
        stored_findings.list_(service, living.world.other, runs=[run])
    unknown = f"{run}/finding/{id_of(10**9)}"
    other_run = runs.list_(service, caller).items[0] + "/finding/" + name.rpartition("/")[2]
    found = stored_findings.describe(service, caller, [name, unknown, other_run, "junk"])
    assert [one.arn for one in found.items] == [name]
    assert found.failed == {unknown: "ITEM_DOES_NOT_EXIST", other_run: "ITEM_DOES_NOT_EXIST", "junk": "INVALID_ARN"}
    assert stored_findings.describe(service, living.world.other, [name]).failed == {name: "ACCESS_DENIED"}


def test_attributes_of_the_callers_own(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    name, second = stored_findings.list_(service, caller).items[:2]
    assert stored_findings.add_attributes(service, caller, [name, "junk"], [("Owner", "me"), ("Flag", None)]) == {
        "junk": "INVALID_ARN"
    }
    assert stored_findings.add_attributes(service, caller, [name], [("Owner", "you")]) == {}
    (found,) = stored_findings.describe(service, caller, [name]).items
    assert found.user_attributes == (("Owner", "you"), ("Flag", None)) and found.updated_at >= found.created_at
    given = FindingFilter(user_attributes=(("Owner", "you"), ("Flag", None)))
    assert stored_findings.list_(service, caller, filter=given).items == (name,)
    many = [(f"k{number}", "v") for number in range(9)]
    assert stored_findings.add_attributes(service, caller, [name, second], many) == {name: "LIMIT_EXCEEDED"}
    keys = ["Owner", "Flag", "absent"]
    assert stored_findings.remove_attributes(service, caller, [name], keys) == {}
    stored_findings.remove_attributes(service, caller, [second], [key for key, _ in many])
    (found,) = stored_findings.describe(service, caller, [name]).items
    assert found.user_attributes == ()


def test_a_preview_tells_what_a_run_would_leave_out(living: RunWorld) -> None:
    service, caller = living.service, living.world.caller
    target = living.world.target("preview")
    template = living.world.template(target, packages=[CVE, CIS])
    token = create_preview(service, caller, template)
    from run_world import until

    until(lambda: get_preview(service, caller, template, token)[0] == "COMPLETED")
    status, page = get_preview(service, caller, template, token, max_results=3)
    assert status == "COMPLETED" and len(page.items) == 3
    rest = get_preview(service, caller, template, token, max_results=3, page_token=page.next_token)[1]
    assert [one.code for one in (*page.items, *rest.items)] == ["NOT_AVAILABLE_YET"] * 4
    assert page.items[0].arn == "" and rest.next_token is None
    with pytest.raises(InvalidInput):
        exclusions.get_preview(service, caller, template, "00000000-0000-0000-0000-000000000000")


def test_ids_are_numbers_in_another_form() -> None:
    for number in (1, 2, 62, 10**6, 62**8 - 1):
        assert number_of(id_of(number)) == number
    assert len({id_of(number) for number in range(1, 2000)}) == 1999
    with pytest.raises(ValueError, match="not the id"):
        number_of("1-abcdefgh")
