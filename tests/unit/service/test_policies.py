"""Policy documents: what is understood is kept, what would be ignored is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service_world import World, worlds
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.service import policies, users
from shindan.service.caller import Caller, allowed
from stores import BACKENDS

GOOD = {"Effect": "Allow", "Action": "inspector:List*", "Resource": "*"}


def document(*statements: Any, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


@pytest.mark.parametrize(
    "good",
    [
        document(GOOD),
        {"Version": "2012-10-17", "Statement": GOOD, "Id": "mine"},
        document({**GOOD, "Sid": "one"}, {"Effect": "Deny", "NotAction": ["inspector:*", "*"], "Resource": "*"}),
        document({"Effect": "Allow", "Action": "*", "NotResource": ["arn:aws:inspector:*:*:target/*"]}),
        json.dumps(document(GOOD)),
    ],
    ids=["plain", "one statement", "not action", "not resource", "text"],
)
def test_documents_that_are_understood(good: Any) -> None:
    assert policies.checked(good)["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ([], "no JSON object"),
        ({"Statement": [GOOD]}, "Version must be"),
        ({"Version": "2008-10-17", "Statement": [GOOD]}, "Version must be"),
        (document(), "Statement must be"),
        (document(GOOD, Extra=1), "the document has Extra"),
        (document(5), "statement 1 is no JSON object"),
        (document(GOOD, {**GOOD, "Effect": "allow"}), 'Effect of statement 2 must be "Allow" or "Deny"'),
        (document({**GOOD, "Condition": {"Bool": {}}}), "statement 1 has Condition"),
        (document({**GOOD, "Principal": "*"}), "statement 1 has Principal"),
        (document({"Effect": "Allow", "Action": "*"}), "either Resource or NotResource"),
        (document({**GOOD, "NotAction": "*"}), "either Action or NotAction"),
        (document({**GOOD, "Action": []}), "Action of statement 1 must be a text"),
        (document({**GOOD, "Action": [5]}), "Action of statement 1 must be a text"),
        (document({**GOOD, "Action": "ListFindings"}), "'ListFindings' has not the form"),
        (document({**GOOD, "Resource": "target/x"}), "neither"),
        (document({**GOOD, "Resource": "arn:" + "x" * 7000}), "more than 6144"),
        (document({**GOOD, "Sid": "\0"}, {**GOOD, "Resource": "arn:\ud800"}), "characters"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_documents_that_are_refused(bad: Any, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as caught:
        policies.checked(bad)
    assert caught.value.code == "MALFORMED_POLICY_DOCUMENT"


def test_the_services_own_policies_keep_their_promise() -> None:
    for name, good in policies.MANAGED.items():
        caller = Caller("123456789012", "us-west-2", "mia", False, (policies.checked(good),))
        assert allowed(caller, "inspector:ListFindings")
        assert allowed(caller, "inspector:PreviewAgents")
        assert allowed(caller, "ec2:DescribeInstances")
        may_write = [allowed(caller, action) for action in ("inspector:CreateAssessmentTarget", "ec2:CreateTags")]
        assert may_write == [name == "FullAccess"] * 2
        assert not allowed(caller, "iam:CreateUser")


def test_documents_belong_to_their_account(world: World) -> None:
    policies.put(world.service, world.caller, "lists", json.dumps(document(GOOD)))
    assert list(policies.list_(world.service, world.caller)) == ["FullAccess", "ReadOnly", "lists"]
    assert list(policies.list_(world.service, world.other)) == ["FullAccess", "ReadOnly"]
    policies.put(world.service, world.caller, "lists", document({**GOOD, "Effect": "Deny"}))
    with world.database.read() as connection:
        (kept,) = policies.documents(connection, world.caller.account, ["lists", "gone"])
    assert kept["Statement"][0]["Effect"] == "Deny"


def test_a_policy_that_somebody_has_stays(world: World) -> None:
    policies.put(world.service, world.caller, "lists", document(GOOD))
    users.create(world.service, world.caller, "mia", policy_names=["lists"])
    with pytest.raises(InvalidInput, match="a policy of mia") as caught:
        policies.remove(world.service, world.caller, "lists")
    assert caught.value.code == "POLICY_IN_USE"
    users.set_policies(world.service, world.caller, "mia", [])
    policies.remove(world.service, world.caller, "lists")
    with pytest.raises(NoSuchEntity):
        policies.remove(world.service, world.caller, "lists")


@pytest.mark.parametrize("name", ["", "a b", "x" * 129, "FullAccess"])
def test_names_that_are_refused(world: World, name: str) -> None:
    with pytest.raises(InvalidInput):
        policies.put(world.service, world.caller, name, document(GOOD))


def test_only_administrators_write_policies(world: World) -> None:
    mia = Caller(world.caller.account, "us-west-2", "mia", False, (policies.MANAGED["FullAccess"],))
    with pytest.raises(AccessDenied):
        policies.put(world.service, mia, "mine", document(GOOD))
    with pytest.raises(AccessDenied):
        policies.remove(world.service, mia, "FullAccess")
