"""What a caller may do, as IAM's policy language says it, and whose names are whose."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.model.refusals import AccessDenied, InvalidInput
from shindan.service.caller import Caller, allowed, owned

MINE = "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34"


def caller(*statements: dict[str, Any], administrator: bool = False) -> Caller:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Caller("123456789012", "us-west-2", "mia", administrator, (document,))


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


@pytest.mark.parametrize(
    ("statements", "action", "resource", "may"),
    [
        ([], "inspector:ListFindings", "*", False),
        ([allow("inspector:*")], "inspector:ListFindings", MINE, True),
        ([allow(["inspector:List*", "inspector:Describe*"])], "inspector:ListFindings", MINE, True),
        ([allow("inspector:List*")], "inspector:DeleteAssessmentRun", MINE, False),
        ([allow("INSPECTOR:listfindings")], "inspector:ListFindings", MINE, True),
        ([allow("*"), deny("inspector:Delete*")], "inspector:DeleteAssessmentRun", MINE, False),
        ([deny("inspector:Delete*"), allow("*")], "inspector:DeleteAssessmentRun", MINE, False),
        ([allow("inspector:*", MINE)], "inspector:UpdateAssessmentTarget", MINE, True),
        ([allow("inspector:*", MINE + "x")], "inspector:UpdateAssessmentTarget", MINE, False),
        ([allow("inspector:*", "arn:aws:inspector:*:123456789012:target/*")], "inspector:X", MINE, True),
        ([allow("inspector:L?st*")], "inspector:ListFindings", "*", True),
        ([{"Effect": "Allow", "NotAction": "inspector:Delete*", "Resource": "*"}], "inspector:List", "*", True),
        ([{"Effect": "Allow", "NotAction": "inspector:Delete*", "Resource": "*"}], "inspector:DeleteX", "*", False),
        ([{"Effect": "Allow", "Action": "inspector:*", "NotResource": MINE}], "inspector:X", MINE, False),
        ([{"Effect": "Allow", "Action": "inspector:*"}], "inspector:X", MINE, False),
        ([allow("inspector:[L]*")], "inspector:List", "*", False),
        ([{"Effect": "allow", "Action": "*", "Resource": "*"}], "inspector:List", "*", False),
    ],
    ids=[
        "nobody allows", "all", "by wildcard", "another action", "case of actions", "deny wins", "deny wins in any order",
        "a resource", "another resource", "resource by wildcard", "one character", "not action", "not action denies",
        "not resource", "no resource element", "brackets are no wildcard", "effects are exact",
    ],
)  # fmt: skip
def test_policies(statements: list[dict[str, Any]], action: str, resource: str, may: bool) -> None:
    assert allowed(caller(*statements), action, [resource]) is may


def test_every_resource_must_be_allowed() -> None:
    assert not allowed(caller(allow("*", MINE)), "inspector:X", [MINE, MINE + "x"])
    assert allowed(caller(administrator=True), "inspector:X", [MINE])


@pytest.mark.parametrize(
    ("text", "refusal", "code"),
    [
        ("nonsense", InvalidInput, "INVALID_ASSESSMENT_TARGET_ARN"),
        (MINE.replace("us-west-2", "us-east-1"), InvalidInput, "INVALID_ASSESSMENT_TARGET_ARN"),
        (MINE.replace("target", "resourcegroup"), InvalidInput, "INVALID_ASSESSMENT_TARGET_ARN"),
        (MINE.replace("123456789012", "999999999999"), AccessDenied, "ACCESS_DENIED_TO_ASSESSMENT_TARGET"),
    ],
    ids=["no name", "another region", "another kind", "another account"],
)
def test_a_name_that_is_not_the_callers_is_refused(text: str, refusal: type[InvalidInput], code: str) -> None:
    with pytest.raises(refusal) as caught:
        owned(caller(), text, "target")
    assert caught.value.code == code


def test_an_own_name() -> None:
    assert str(owned(caller(), MINE, "target")) == MINE
    assert str(caller().arn("target", "0-Ab12Cd34")) == MINE
