"""The registered role: kept, replaced, and the service's own where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service_world import ACCOUNT, World, worlds
from shindan.model.refusals import InvalidInput
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
