"""A batch says of each name what it is or why it is not there, and never raises for one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from shindan.model.arn import Arn
from shindan.model.refusals import InvalidInput
from shindan.service.caller import Caller
from shindan.service.described import described, numbered

CALLER = Caller("123456789012", "us-west-2", "mia")
FIRST, SECOND, GONE = (str(CALLER.arn("target", f"0-Ab12Cd3{n}")) for n in (1, 2, 3))


def load(wanted: Sequence[Arn]) -> Mapping[Arn, str]:
    return {arn: arn.id for arn in reversed(wanted) if str(arn) != GONE}


def test_items_come_in_the_order_asked_for() -> None:
    found = described(CALLER, [SECOND, FIRST], "target", load)
    assert found.items == ("0-Ab12Cd32", "0-Ab12Cd31")
    assert found.failed == {}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (GONE, "ITEM_DOES_NOT_EXIST"),
        ("", "INVALID_ARN"),
        ("nonsense\0", "INVALID_ARN"),
        (FIRST.replace("us-west-2", "eu-west-1"), "INVALID_ARN"),
        (FIRST.replace("target", "resourcegroup"), "INVALID_ARN"),
        (FIRST.replace("123456789012", "999999999999"), "ACCESS_DENIED"),
    ],
    ids=["unknown", "empty", "no name", "another region", "another kind", "another account"],
)
def test_what_cannot_be_had_is_named_with_its_reason(name: str, code: str) -> None:
    found = described(CALLER, [FIRST, name], "target", load)
    assert found.items == ("0-Ab12Cd31",)
    assert found.failed == {name: code}


def test_a_name_that_comes_twice_is_described_once_and_named() -> None:
    found = described(CALLER, [FIRST, FIRST], "target", load)
    assert found.items == ("0-Ab12Cd31",)
    assert found.failed == {FIRST: "DUPLICATE_ARN"}


def test_nothing_is_loaded_where_nothing_can_be() -> None:
    def refuses(wanted: Sequence[Arn]) -> Mapping[Arn, str]:
        raise AssertionError(wanted)

    assert described(CALLER, ["x"], "target", refuses).failed == {"x": "INVALID_ARN"}


@pytest.mark.parametrize("names", [[], [FIRST] * 101], ids=["none", "too many"])
def test_the_number_of_names(names: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        described(CALLER, names, "target", load)
    assert caught.value.code == "INVALID_NUMBER_OF_ASSESSMENT_TARGET_ARNS"


def test_exclusions_have_the_code_that_is_nearest() -> None:
    with pytest.raises(InvalidInput) as caught:
        numbered([], "exclusion")
    assert caught.value.code == "INVALID_NUMBER_OF_ASSESSMENT_RUN_ARNS"
