"""Names of resources are read back as they were written, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shindan.model.arn import Arn, Kind, new_agent_id, new_id, parse, partition_of
from shindan.model.packages import PACKAGES, REGIONS, SCAP, package_arn, package_of, service_account

RUN = "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12"
CASES: list[tuple[Kind, str]] = [
    ("resourcegroup", "arn:aws:inspector:us-west-2:123456789012:resourcegroup/0-Ab12Cd34"),
    ("target", "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34"),
    ("template", "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78"),
    ("run", RUN),
    ("finding", RUN + "/finding/0-Cv000001"),
    ("exclusion", RUN + "/exclusion/0-Cv000001"),
    ("rulespackage", "arn:aws-us-gov:inspector:us-gov-west-1:850862329162:rulespackage/0-4oQgcI4G"),
]


@pytest.mark.parametrize(("kind", "text"), CASES, ids=[kind for kind, _ in CASES])
def test_a_name_is_read_and_written_back(kind: Kind, text: str) -> None:
    arn = parse(text)
    assert (arn.kind, str(arn)) == (kind, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "arn:aws:inspector",
        "arn:aws:sns:us-west-2:123456789012:topic",
        "arn:aws:inspector:us-west-2:12345:target/0-Ab12Cd34",
        "arn:aws:inspector:us-west-2:123456789012:target/0-short",
        "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/run/0-Ij90Kl12",
        "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34:template:0-Ef56Gh78",
        "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/",
        RUN + "\n",
        RUN + "/finding/0-Cv000001/finding/0-Cv000001",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the name of an assessment resource"):
        parse(text)


@given(st.text(max_size=400))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert str(parse(text)) == text


def test_families_of_names() -> None:
    run = parse(RUN)
    assert str(run.child("finding", "0-Cv000001").parent) == RUN
    assert str(run.parent.parent) == "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34"
    with pytest.raises(ValueError, match="does not belong"):
        run.child("template", "0-Cv000001")
    with pytest.raises(ValueError, match="has no parent"):
        Arn("us-west-2", "123456789012", "target", ("0-Ab12Cd34",)).parent  # noqa: B018


def test_fresh_ids_have_the_forms_that_clients_know() -> None:
    assert re.fullmatch(r"0-[A-Za-z0-9]{8}", new_id())
    assert re.fullmatch(r"i-[0-9a-f]{17}", new_agent_id())
    assert len({new_id() for _ in range(1000)}) == 1000


def test_every_region_has_five_packages_of_different_names() -> None:
    names = {str(package_arn(region, package.name)) for region in REGIONS for package in PACKAGES}
    assert len(names) == 5 * len(REGIONS) == 70
    for region in REGIONS:
        for package in PACKAGES:
            assert package_of(parse(str(package_arn(region, package.name)))) == package.name


def test_the_sixth_package_has_a_name_in_every_region_and_is_in_no_list() -> None:
    assert SCAP not in PACKAGES
    for region in (*REGIONS, "ap-east-1"):
        arn = package_arn(region, "scap")
        assert re.fullmatch(r"0-[A-Za-z0-9]{8}", arn.id)
        assert package_of(parse(str(arn))) == "scap"


def test_published_names_of_packages() -> None:
    assert str(package_arn("us-west-2", "cve")) == ("arn:aws:inspector:us-west-2:758058086616:rulespackage/0-9hgA516p")
    assert str(package_arn("us-gov-west-1", "cve")).startswith("arn:aws-us-gov:inspector:us-gov-west-1:850862329162:")
    assert service_account("ap-northeast-1") == "406045910587"
    assert package_of(parse("arn:aws:inspector:us-west-2:758058086616:rulespackage/0-aaaaaaaa")) is None


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-west-2", "aws"), ("us-gov-east-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("ap-northeast-1", "aws")],
)
def test_the_partition_of_a_region(region: str, partition: str) -> None:
    assert partition_of(region) == partition
