"""Hosts of a real AWS account become hosts here, through a role, and keep up with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from receivers import moto
from run_world import RunWorld, run_world
from service_world import ACCOUNT, OTHER
from shindan.cloud.instance import Instance
from shindan.engine.meeting import last_outcome, meet, meet_account
from shindan.model.host import Host
from shindan.service import roles
from shindan.store import hosts, networks, run_hosts
from stores import BACKENDS, databases
from unit.cloud.test_ec2 import client, launch, role

ROLE = "arn:aws:iam::123456789012:role/reads"
ID = "i-0123456789abcdef0"


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            yield made


def known(living: RunWorld, id_: str, account: str = ACCOUNT) -> Host | None:
    with living.work.database.read() as connection:
        return hosts.get(connection, account, id_)


def tell(living: RunWorld, *instances: Instance, account: str = ACCOUNT) -> tuple[int, int, int, int]:
    met = meet_account(living.work, account, ROLE, lambda *_: iter(instances))
    return met.new, met.changed, met.gone, met.taken


def test_by_a_role_from_moto(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    with moto(monkeypatch) as aws:
        work = replace(living.work, aws_endpoint=aws)
        (id_,) = launch(aws, inspector="True")
        arn = role(aws)
        meet(work, {})
        assert known(living, id_) is None, "nobody gave leave yet"
        roles.register(living.service, living.world.caller, arn)
        meet(work, {})
        host = known(living, id_)
        assert host is not None and dict(host.tags) == {"inspector": "True"} and host.image == "ami-12345678"
        assert known(living, id_, OTHER) is None
        with living.work.database.read() as connection:
            assert networks.of_hosts(connection, [id_])[id_][0]["networkInterfaceId"].startswith("eni-")
            assert (last_outcome(connection, ACCOUNT, arn) or (0, "?"))[1] == ""
        assert roles.describe(living.service, living.world.caller)[:2] == (arn, True)
        run = living.start()
        with living.work.database.read() as connection:
            asset = run_hosts.assets(connection, [(run.id, id_)])[run.id, id_]
        assert asset.image == "ami-12345678" and str(asset.network[0]["networkInterfaceId"]).startswith("eni-")
        client(aws, "ec2").terminate_instances(InstanceIds=[id_])
        meet(work, {})
        gone = known(living, id_)
        assert gone is not None and gone.archived
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
        meet(replace(work, aws_endpoint="http://127.0.0.1:9"), {"account": ACCOUNT})
        with living.work.database.read() as connection:
            assert "cannot be asked" in (last_outcome(connection, ACCOUNT, arn) or (0, ""))[1]
        assert roles.describe(living.service, living.world.caller)[:2] == (arn, False)


def test_what_changes_and_what_the_agent_knows_better(living: RunWorld) -> None:
    first = Instance(ID, "ami-1", "fleet", "ip-10-0-0-1", ("10.0.0.1",), (("a", "1"), ("b", "2")), ({"vpcId": "v"},))
    assert tell(living, first) == (1, 0, 0, 0)
    assert tell(living, first) == (0, 0, 0, 0)
    host = known(living, ID)
    assert host is not None and (host.hostname, host.scaling_group) == ("ip-10-0-0-1", "fleet")
    living.world.host("web-1", host_id=ID)
    moved = replace(first, tags=(("b", "3"),), image="ami-2", private_name="ip-10-0-0-9", network=())
    assert tell(living, moved) == (0, 1, 0, 0)
    host = known(living, ID)
    assert host is not None and host.tags == (("b", "3"),) and host.image == "ami-2"
    assert host.hostname == "web-1" and host.facts is not None


@pytest.mark.parametrize("state", ["idle", "gone"])
def test_who_does_not_run_is_not_made_a_host(living: RunWorld, state: str) -> None:
    assert tell(living, Instance(ID, **{state: True})) == (0, 0, 0, 0)  # type: ignore[arg-type]
    assert known(living, ID) is None


def test_an_instance_of_another_account_here_stays_there(living: RunWorld) -> None:
    assert tell(living, Instance(ID), account=OTHER) == (1, 0, 0, 0)
    assert tell(living, Instance(ID, tags=(("a", "1"),))) == (0, 0, 0, 1)
    theirs = known(living, ID, OTHER)
    assert theirs is not None and theirs.tags == ()


def test_what_somebody_archived_stays_so(living: RunWorld) -> None:
    tell(living, Instance(ID))
    with living.work.database.write() as connection:
        hosts.change(connection, ID, archived=True)
    tell(living, Instance(ID, image="ami-2"))
    host = known(living, ID)
    assert host is not None and host.archived
