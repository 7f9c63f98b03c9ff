"""What runs know of an account's cloud: read once for an account with a role; what cannot be read is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from run_world import RunWorld, advisories, run_world
from shindan.cloud.instance import CloudError
from shindan.engine import terms
from shindan.engine.terms import Terms, terms_of, with_cloud
from shindan.model.cloud_network import INTERFACES, CloudNetwork
from shindan.rules.tailored import Tailored
from shindan.store import accounts, hosts
from stores import databases

ROLE = "arn:aws:iam::123456789012:role/reads"


@pytest.fixture
def living(tmp_path: Path) -> Iterator[RunWorld]:
    advisories(tmp_path / "data")
    for database in databases("sqlite", tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            yield made


def lend_role(living: RunWorld) -> None:
    with living.service.database.write() as connection:
        accounts.set_role(connection, living.world.caller.account, ROLE, 1)


def given(living: RunWorld, wanted: Terms, *ids: str) -> dict[str, object]:
    with living.service.database.read() as connection:
        return dict(wanted.of_hosts(connection, ids))


def plain(living: RunWorld) -> Terms:
    with living.service.database.read() as connection:
        return terms_of(connection, living.world.caller.account)


def test_without_a_role_no_cloud_is_asked(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terms, "read_network", lambda *_: pytest.fail("AWS was asked"))
    wanted = with_cloud(living.work, living.world.caller.account, plain(living))
    assert wanted.cloud is None and given(living, wanted, "x") == {"x": {}}


def test_instances_alone_are_seen_from_their_cloud(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    lend_role(living)
    cloud = CloudNetwork()
    monkeypatch.setattr(terms, "read_network", lambda *_: cloud)
    instance, other = living.world.host("web-1").id, living.world.host("web-2").id
    with living.service.database.write() as connection:
        hosts.change(connection, instance, network=[{"vpcId": "vpc-1"}])
    wanted = with_cloud(living.work, living.world.caller.account, plain(living))
    found = given(living, wanted, instance, other)
    seen = found[instance]
    assert isinstance(seen, Tailored) and seen.cloud is cloud and seen.instance == instance
    elsewhere = found[other]
    assert not isinstance(elsewhere, Tailored) or elsewhere.cloud is None
    assert wanted.state == plain(living).state, "what a cloud says is no wish of the account's"


def test_a_cloud_that_cannot_be_read_is_said(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    lend_role(living)

    def refuses(*_: object) -> CloudNetwork:
        raise CloudError("AssumeRole: AccessDenied")

    monkeypatch.setattr(terms, "read_network", refuses)
    wanted = with_cloud(living.work, living.world.caller.account, plain(living))
    assert wanted.cloud is not None and wanted.cloud.refused == ((INTERFACES, "AssumeRole: AccessDenied"),)
