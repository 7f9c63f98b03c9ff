"""Hosts on which no agent is known: which of them are looked at from outside, and what is said of the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from run_world import RunWorld, advisories, run_world
from service_world import CVE, REGION
from shindan.app.judges import judges
from shindan.cloud.instance import CloudError
from shindan.engine import terms
from shindan.engine.advance import advance
from shindan.engine.clock import milliseconds
from shindan.engine.outside import Unheard, unheard
from shindan.engine.terms import Terms
from shindan.model.agent import Agent
from shindan.model.cloud_network import INTERFACES, CloudNetwork
from shindan.model.host import Host
from shindan.model.packages import PackageName, package_arn
from shindan.service import exclusions, stored_findings, usage
from shindan.store import accounts, agents, hosts
from stores import BACKENDS, databases

NETWORK = str(package_arn(REGION, "network"))
INSTANCE, CARDLESS, FOREIGN = "i-00000000000000001", "i-00000000000000002", "i-00000000000000003"
GROUP = "sg-1"
CLOUD = CloudNetwork(
    interfaces=(
        {
            "NetworkInterfaceId": "eni-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.1.5",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.5"}], "Association": {"PublicIp": "203.0.113.5"},
            "Groups": [{"GroupId": GROUP}], "Attachment": {"InstanceId": INSTANCE},
        },
    ),
    groups={
        GROUP: {
            "GroupId": GROUP,
            "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ],
        }
    },
    acls=(
        {
            "NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": True, "Associations": [{"SubnetId": "subnet-1"}],
            "Entries": [
                {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": out, "CidrBlock": "0.0.0.0/0"}
                for out in (False, True)
            ],
        },
    ),
    route_tables=(
        {
            "RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": True}],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}],
        },
    ),
    gateways={"igw-1": {"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "attached"}]}},
)  # fmt: skip
REFUSED = CloudNetwork(refused=((INTERFACES, "AssumeRole: AccessDenied"),))


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    """A world with two instances of a cloud and a host that no cloud knows, moved by the test."""
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            known = judges(tmp_path / "data", lambda: pytest.fail("advisories were asked for"))
            made.work = replace(made.work, judges={**made.work.judges, "network": known["network"]})
            with database.write() as connection:
                for id_ in (INSTANCE, CARDLESS, FOREIGN):
                    hosts.add(connection, Host(id_, made.world.caller.account, id_, milliseconds()))
                for id_ in (INSTANCE, CARDLESS):
                    hosts.change(connection, id_, network=[{"vpcId": "vpc-1"}])
            yield made


def ask(living: RunWorld, cloud: CloudNetwork | None, *packages: PackageName) -> Unheard:
    with living.service.database.read() as connection:
        return unheard(connection, Terms(cloud=cloud), [INSTANCE, CARDLESS, FOREIGN], packages, NETWORK)


def short(told: Unheard) -> set[tuple[str, str]]:
    return {(dict(one.scopes)["INSTANCE_ID"], one.code) for one in told.left_out}


NOT_READ = {(INSTANCE, "NETWORK_NOT_READ"), (CARDLESS, "NETWORK_NOT_READ")}
NOT_FOUND = {(id_, "AGENT_NOT_FOUND") for id_ in (INSTANCE, CARDLESS, FOREIGN)}


@pytest.mark.parametrize(
    ("cloud", "packages", "seen", "left_out"),
    [
        (CLOUD, ("network",), [INSTANCE], {(CARDLESS, "NETWORK_NOT_READ"), (FOREIGN, "AGENT_NOT_FOUND")}),
        (CLOUD, ("cve", "network"), [INSTANCE], {(CARDLESS, "NETWORK_NOT_READ")}),
        (REFUSED, ("network",), [], {*NOT_READ, (FOREIGN, "AGENT_NOT_FOUND")}),
        (REFUSED, ("cve", "network"), [], NOT_READ),
        (None, ("network",), [], NOT_FOUND),
        (None, ("cve", "network"), [], set()),
    ],
    ids=[
        "each has its own word", "what has been said is not said again", "AWS refuses", "AWS refuses, beside others",
        "there is no role", "there is no role, which is no news beside others",
    ],
)  # fmt: skip
def test_who_is_looked_at_from_outside(
    living: RunWorld,
    cloud: CloudNetwork | None,
    packages: tuple[PackageName, ...],
    seen: list[str],
    left_out: set[tuple[str, str]],
) -> None:
    told = ask(living, cloud, *packages)
    assert list(told.seen) == seen and short(told) == left_out
    assert all(one.scopes[1:] == (("RULES_PACKAGE_ARN", NETWORK),) for one in told.left_out if "READ" in one.code)


def lend_role(living: RunWorld, monkeypatch: pytest.MonkeyPatch, cloud: CloudNetwork) -> None:
    with living.service.database.write() as connection:
        accounts.set_role(connection, living.world.caller.account, "arn:aws:iam::123456789012:role/reads", 1)
    monkeypatch.setattr(terms, "read_network", lambda *_: cloud)


def titles(living: RunWorld, run: str) -> set[tuple[str, str]]:
    """(Code, host) of a run's exclusions."""
    names = exclusions.list_(living.service, living.world.caller, run).items
    told = exclusions.describe(living.service, living.world.caller, names).items if names else ()
    return {(one.code, dict(one.scopes).get("INSTANCE_ID", "")) for one in told}


def test_a_run_looks_once_and_counts_once(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    lend_role(living, monkeypatch, CLOUD)
    arn = living.start(packages=[CVE, NETWORK])
    advance(living.work, {"run": arn.id})
    assert living.view(arn).run.state == "COMPLETED_WITH_ERRORS"
    names = stored_findings.list_(living.service, living.world.caller, runs=[str(arn)], max_results=100).items
    found = stored_findings.describe(living.service, living.world.caller, names).items
    assert {(one.id, one.severity, dict(one.attributes)["INSTANCE_ID"]) for one in found} == {
        ("Recognized port reachable from internet", "Medium", INSTANCE),
        ("Network exposure from the internet", "Informational", INSTANCE),
    }
    assert titles(living, str(arn)) == {
        *(("AGENT_NOT_FOUND", id_) for id_ in (INSTANCE, CARDLESS, FOREIGN)),
        ("NETWORK_NOT_READ", CARDLESS),
    }
    metered = {one.meter: one.units for one in usage.of_account(living.service, living.world.caller)}
    assert metered == {"reachability": 1}


def test_an_agent_that_never_spoke_is_no_instance_without_one(
    living: RunWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend_role(living, monkeypatch, CLOUD)
    with living.service.database.write() as connection:
        agents.enrol(connection, Agent(INSTANCE, living.world.caller.account, "key", milliseconds()), b"secret")
    arn = living.start(packages=[NETWORK])
    advance(living.work, {"run": arn.id})
    assert titles(living, str(arn)) == {
        ("AGENT_UNHEALTHY", INSTANCE), ("NETWORK_NOT_READ", CARDLESS), ("AGENT_NOT_FOUND", FOREIGN),
    }  # fmt: skip
    assert stored_findings.list_(living.service, living.world.caller, runs=[str(arn)]).items == ()


def test_a_cloud_that_answers_again_is_asked_again(living: RunWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> CloudNetwork:
        raise CloudError("AssumeRole: AccessDenied")

    lend_role(living, monkeypatch, CLOUD)
    monkeypatch.setattr(terms, "read_network", refuses)
    first = living.start(packages=[NETWORK])
    advance(living.work, {"run": first.id})
    assert ("NETWORK_NOT_READ", INSTANCE) in titles(living, str(first))
    monkeypatch.setattr(terms, "read_network", lambda *_: CLOUD)
    second = living.start(packages=[NETWORK])
    advance(living.work, {"run": second.id})
    assert titles(living, str(second)) == {("NETWORK_NOT_READ", CARDLESS), ("AGENT_NOT_FOUND", FOREIGN)}
    assert len(stored_findings.list_(living.service, living.world.caller, runs=[str(second)]).items) == 2
