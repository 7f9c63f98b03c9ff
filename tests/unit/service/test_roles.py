"""The registered role: kept, replaced, and the service's own where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from service_world import ACCOUNT, World, worlds
from shindan.cloud.instance import CloudError, RoleNotLent, RoleTooWeak
from shindan.model.refusals import InvalidInput, InvalidRole
from shindan.service import roles
from stores import BACKENDS


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    yield from worlds(request.param, tmp_path)


def test_the_role_that_was_registered_last(world: World, noon: object) -> None:
    arn, valid, since = roles.describe(world.service, world.caller)
    assert arn.startswith(f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/inspector.amazonaws.com/")
    assert valid
    assert since > 0
    for name in ("first", "path/to/second"):
        roles.register(world.service, world.caller, f"arn:aws:iam::{ACCOUNT}:role/{name}")
    found = roles.describe(world.service, world.caller)
    assert found == (f"arn:aws:iam::{ACCOUNT}:role/path/to/second", True, 1795521600000)
    assert "second" not in roles.describe(world.service, world.other)[0]


@pytest.mark.parametrize(
    "arn", ["", "x", f"arn:aws:iam::{ACCOUNT}:user/mia", f"arn:aws:iam::{ACCOUNT}:role/", "arn:aws:iam::1:role/x" * 20]
)
def test_what_is_no_role(world: World, arn: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        roles.register(world.service, world.caller, arn)
    assert caught.value.code == "INVALID_IAM_ROLE_ARN"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RoleNotLent("AccessDenied"), "ROLE_DOES_NOT_EXIST_OR_INVALID_TRUST_RELATIONSHIP"),
        (RoleTooWeak("UnauthorizedOperation"), "ROLE_DOES_NOT_HAVE_CORRECT_POLICY"),
        (CloudError("no credentials"), None),
        (None, None),
    ],
    ids=["not lent", "too weak", "nobody to ask", "good"],
)
def test_a_role_is_tried_and_believed_only_where_aws_cannot_be_asked(
    world: World, error: CloudError | None, code: str | None
) -> None:
    tried: list[tuple[str, str]] = []

    def try_role(role: str, account: str) -> None:
        tried.append((role, account))
        if error is not None:
            raise error

    service, arn = replace(world.service, try_role=try_role), f"arn:aws:iam::{ACCOUNT}:role/inspector"
    if code is None:
        roles.register(service, world.caller, arn)
    else:
        with pytest.raises(InvalidRole) as refused:
            roles.register(service, world.caller, arn)
        assert refused.value.code == code
    assert tried == [(arn, ACCOUNT)]
    assert (roles.describe(service, world.caller)[0] == arn) is (code is None)
