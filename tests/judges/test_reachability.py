"""Network Reachability in AWS's terms, from end to end: boto3 asks a real server, whose AWS is moto.

A web server without an agent, with two security groups and a peered VPC; one whose facts were handed in; and one with
an agent on a system whose packet filter nobody can read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from judges.installation import Installation, eventually, installation
from receivers import REGION, insist_on_rights
from service_world import NoJobs, facts
from shindan.engine.clock import milliseconds
from shindan.engine.meeting import meet_account
from shindan.engine.work import Work
from shindan.model.agent import Agent
from shindan.model.host import Host
from shindan.model.packages import PackageName, package_arn
from shindan.store import agents, host_tags, hosts
from shindan.store.blobs import Blobs
from stores import BACKENDS
from unit.app.served import shindan
from unit.cloud.test_ec2 import client, role
from unit.cloud.test_ec2_network import World, made

pytestmark = [pytest.mark.slow, pytest.mark.system]

NAMES: tuple[PackageName, ...] = ("cve", "practices", "network")
CVE, PRACTICES, NETWORK = (str(package_arn(REGION, name)) for name in NAMES)
ENDED = ("COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "ERROR", "CANCELED")


@dataclass
class Site:
    """An installation with an account's instances: `bare`, `heard`, `odd`; `web` and `more` are groups."""

    home: Installation
    world: World
    bare: str
    heard: str
    odd: str
    web: str
    more: str
    pcx: str

    @property
    def asked(self) -> Any:
        return self.home.client()

    def template(self, packages: tuple[str, ...], *instances: str) -> str:
        """A template over some of the instances, which have tags by their ids."""
        name = f"{'-'.join(instances)} {len(packages)} {milliseconds()}"
        group = self.asked.create_resource_group(resourceGroupTags=[{"key": "own", "value": one} for one in instances])
        target = self.asked.create_assessment_target(
            assessmentTargetName=name, resourceGroupArn=group["resourceGroupArn"]
        )["assessmentTargetArn"]
        return str(
            self.asked.create_assessment_template(
                assessmentTargetArn=target, assessmentTemplateName=name, durationInSeconds=180,
                rulesPackageArns=list(packages),
            )["assessmentTemplateArn"]
        )  # fmt: skip

    def start(self, template: str) -> str:
        return str(self.asked.start_assessment_run(assessmentTemplateArn=template)["assessmentRunArn"])

    def state(self, run: str) -> str:
        return str(self.asked.describe_assessment_runs(assessmentRunArns=[run])["assessmentRuns"][0]["state"])

    def ended(self, run: str) -> str:
        return eventually(lambda: self.state(run), lambda state: state in ENDED)

    def findings(self, run: str) -> list[dict[str, Any]]:
        names = self.asked.list_findings(assessmentRunArns=[run], maxResults=500)["findingArns"]
        found: list[dict[str, Any]] = []
        for start in range(0, len(names), 10):
            found += self.asked.describe_findings(findingArns=names[start : start + 10])["findings"]
        return found

    def exclusions(self, run: str) -> set[tuple[str, str, str]]:
        names = self.asked.list_exclusions(assessmentRunArn=run)["exclusionArns"]
        told = self.asked.describe_exclusions(exclusionArns=names)["exclusions"] if names else {}
        return {short(one) for one in told.values()} if told else set()

    def preview(self, template: str) -> set[tuple[str, str, str]]:
        token = self.asked.create_exclusions_preview(assessmentTemplateArn=template)["previewToken"]
        said = eventually(
            lambda: self.asked.get_exclusions_preview(assessmentTemplateArn=template, previewToken=token),
            lambda answer: answer["previewStatus"] == "COMPLETED",
        )
        return {short(one) for one in said["exclusionPreviews"]}

    def units(self) -> dict[str, int]:
        """What was used so far, by meter."""
        done = shindan("usage", "--data", self.home.server.data, "--account", self.home.account, "--format", "json")
        assert done.returncode == 0, done.stderr
        return {one["meter"]: one["units"] for one in json.loads(done.stdout)}


def short(one: dict[str, Any]) -> tuple[str, str, str]:
    """(Title, instance, package) of an exclusion or a preview of one."""
    scopes = {scope["key"]: scope["value"] for scope in one["scopes"]}
    return one["title"], scopes.get("INSTANCE_ID", ""), scopes.get("RULES_PACKAGE_ARN", "")


def attributes(finding: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one.get("value", "") for one in finding["attributes"]}


def line(kind: str, subject: str, /, **data: Any) -> bytes:
    return json.dumps({"kind": kind, "subject": subject, "data": data}).encode() + b"\n"


UNREADABLE = line("gap", "firewall", reason="this system has no packet filter that is known", kinds=["firewall"])


@pytest.fixture(scope="module", params=BACKENDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp(f"reachability-{request.param}")
    with installation(folder, request.param, SHINDAN_DRAIN="0") as home:
        world = made(client(home.aws, "ec2"), home.aws)
        world.route(world.igw)
        world.route(pcx := world.peer(), "10.1.0.0/16")
        world.admit(22)
        world.admit(443)
        more = world.ec2.create_security_group(GroupName="more", Description="more", VpcId=world.vpc)["GroupId"]
        rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]}
        world.ec2.authorize_security_group_ingress(GroupId=more, IpPermissions=[rule])
        bare, heard, odd = (world.launch() for _ in range(3))
        world.ec2.modify_instance_attribute(InstanceId=bare, Groups=[world.group, more])
        for one in (bare, heard, odd):
            world.ec2.create_tags(Resources=[one], Tags=[{"Key": "own", "Value": one}])
        made_site = Site(home, world, bare, heard, odd, world.group, more, pcx)
        arn = role(home.aws)
        made_site.asked.register_cross_account_access_role(roleArn=arn)
        with home.database() as database:
            work = Work(database, Blobs(folder), NoJobs(), folder, REGION, {}, aws_endpoint=home.aws)
            assert meet_account(work, home.account, arn).new == 3
            hand_in(made_site, folder, heard, *inside(made_site, heard))
            hand_in(made_site, folder, odd, UNREADABLE)
            with database.write() as connection:
                at = milliseconds()
                agents.enrol(connection, Agent(odd, home.account, "key", at, seen_at=at), b"secret")
        yield made_site


def hand_in(site: Site, folder: Path, instance: str, *lines: bytes) -> None:
    (file := folder / f"{instance}.ndjson").write_bytes(b"".join([facts({"bash": "5.2-1"}), *lines]))
    said = shindan("hosts", "submit", file, "--host", instance, "--data", site.home.server.data, "--account", site.home.account)  # fmt: skip
    assert said.returncode == 0, said.stderr


def inside(site: Site, instance: str) -> list[bytes]:
    """What an agent tells: sshd listens, and nothing filters."""
    (told,) = site.world.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    return [
        line("interface", "eth0", up=True, kind="physical", addresses=[f"{told['PrivateIpAddress']}/24"]),
        line("route", "0.0.0.0/0", device="eth0"),
        *(line("firewall", name, present=True, loaded=False, rules=[]) for name in ("nft", "iptables", "ip6tables")),
        line("listener", "tcp 0.0.0.0:22", protocol="tcp", address="0.0.0.0", port=22, program="/usr/sbin/sshd", pid=7),
    ]


def test_an_instance_without_an_agent_is_judged_from_outside(site: Site) -> None:
    template, before = site.template((CVE, PRACTICES, NETWORK), site.bare), site.units()
    target = site.asked.describe_assessment_templates(assessmentTemplateArns=[template])["assessmentTemplates"][0]
    (agent,) = site.asked.preview_agents(previewAgentsArn=target["assessmentTargetArn"])["agentPreviews"]
    assert (agent["agentId"], agent["agentHealth"]) == (site.bare, "UNKNOWN")
    foretold = site.preview(template)
    run = site.start(template)
    assert site.ended(run) == "COMPLETED_WITH_ERRORS"
    assert site.exclusions(run) == foretold == {("Agent not found", site.bare, "")}
    found = {}
    for one in site.findings(run):
        told = attributes(one)
        assert one["serviceAttributes"]["rulesPackageArn"] == NETWORK and told["INSTANCE_ID"] == site.bare
        assert one["assetAttributes"]["networkInterfaces"][0]["networkInterfaceId"] == told["ENI"]
        assert (told["VPC"], told["ACL"]) == (site.world.vpc, site.world.acl)
        found[one["id"], told["SECURITY_GROUP"], told.get("PORT", "")] = one
    port, exposed = "Recognized port reachable from ", "Network exposure from "
    severities = {key: one["severity"] for key, one in found.items() if "inside" not in key[0] and "VPC" not in key[0]}
    assert severities == {
        (f"{port}internet", site.web, "22"): "Medium",
        (f"{port}internet", site.web, "443"): "Low",
        (f"{port}internet", site.more, "22"): "Low",
        (f"{exposed}the internet", site.web, ""): "Informational",
        (f"{exposed}the internet", site.more, ""): "Informational",
    }
    assert {key[:2]: one["severity"] for key, one in found.items() if "Peered VPC" in key[0] and key[2] != "443"} == {
        (f"{port}a Peered VPC", site.web): "Low",
        (f"{exposed}a Peered VPC", site.web): "Informational",
    }
    ssh = found[f"{port}internet", site.web, "22"]
    assert ssh["title"] == (
        f"On instance {site.bare}, TCP port 22 which is associated with 'SSH' is reachable from the internet"
    )
    told = attributes(ssh)
    assert told["RULE_TYPE"] == "RecognizedPortNoAgent" and told["REACHABILITY_TYPE"] == "Internet"
    assert (told["IGW"], told["PROTOCOL"], told["PORT_GROUP_NAME"]) == (site.world.igw, "TCP", "SSH")
    summary = found[f"{exposed}the internet", site.web, ""]
    told = attributes(summary)
    assert summary["title"] == (
        f"Aggregate network exposure: On instance {site.bare}, ports are reachable from the internet through ENI "
        f"{told['ENI']} and security group {site.web}"
    )
    assert (told["RULE_TYPE"], told["TCP_PORTS"], told["UDP_PORTS"]) == (
        "NetworkExposure", "[[22 - 22], [443 - 443]]", "[]",
    )  # fmt: skip
    peered = attributes(found[f"{exposed}a Peered VPC", site.web, ""])
    assert (peered["REACHABILITY_TYPE"], peered["PCX"]) == ("PeeredVpc", site.pcx)
    (member,) = site.asked.list_assessment_run_agents(assessmentRunArn=run)["assessmentRunAgents"]
    assert (member["agentId"], member["agentHealth"], member["agentHealthCode"]) == (site.bare, "UNKNOWN", "UNKNOWN")
    assert member["telemetryMetadata"] == []
    total = site.asked.get_telemetry_metadata(assessmentRunArn=run)["telemetryMetadata"]
    assert [(one["messageType"], one["count"]) for one in total] == [("Total", 0)]
    assert used(site, before) == {"host": 0, "reachability": 1}


def used(site: Site, before: dict[str, int]) -> dict[str, int]:
    after = site.units()
    return {meter: after.get(meter, 0) - before.get(meter, 0) for meter in ("host", "reachability")}


def test_reachability_alone_misses_no_agent(site: Site) -> None:
    template = site.template((NETWORK,), site.bare)
    assert site.preview(template) == set()
    run = site.start(template)
    assert site.ended(run) == "COMPLETED" and site.exclusions(run) == set()
    types = {attributes(one)["RULE_TYPE"] for one in site.findings(run)}
    assert types == {"RecognizedPortNoAgent", "NetworkExposure"}


def test_an_agent_tells_what_listens_and_one_that_cannot_look_disables_it(site: Site, tmp_path: Path) -> None:
    before = site.units()
    run = site.start(site.template((NETWORK,), site.bare, site.heard, site.odd))
    hand_in(site, tmp_path, site.odd, UNREADABLE)
    eventually(lambda: site.state(run), lambda state: state == "COLLECTING_DATA")
    site.asked.stop_assessment_run(assessmentRunArn=run, stopAction="START_EVALUATION")
    assert site.ended(run) == "COMPLETED_WITH_ERRORS"
    found = site.findings(run)
    types: dict[str, set[str]] = {}
    for one in found:
        types.setdefault(one["assetAttributes"]["agentId"], set()).add(attributes(one)["RULE_TYPE"])
    assert types == {
        site.bare: {"RecognizedPortNoAgent", "NetworkExposure"},
        site.heard: {"RecognizedPortWithListener", "RecognizedPortNoListener", "NetworkExposure"},
    }
    (listens,) = [
        one for one in found
        if attributes(one)["RULE_TYPE"] == "RecognizedPortWithListener"
        and attributes(one)["REACHABILITY_TYPE"] == "Internet"
    ]  # fmt: skip
    told = attributes(listens)
    assert (told["PROCESS_NAME"], told["PROCESS_PID"], told["SECURITY_GROUP"]) == ("sshd", "7", site.web)
    assert {(title, host) for title, host, _ in site.exclusions(run)} == {
        ("Rules evaluation error for single instance", site.odd)
    }
    assert used(site, before) == {"host": 0, "reachability": 2}


def test_a_cloud_that_does_not_answer_is_an_exclusion(site: Site) -> None:
    """The server's own AWS identity has lost its rights."""
    template, before = site.template((CVE, NETWORK), site.bare), site.units()
    alone = site.template((NETWORK,), site.bare)
    insist_on_rights(site.home.aws, 0)
    try:
        unread = ("Network Reachability error – internet", site.bare, NETWORK)
        foretold = site.preview(template)
        run = site.start(template)
        assert site.ended(run) == "COMPLETED_WITH_ERRORS"
        assert site.exclusions(run) == foretold == {("Agent not found", site.bare, ""), unread}
        assert site.findings(run) == [], "and no word that nothing was found"
        assert site.preview(alone) == {unread}
        run = site.start(alone)
        assert site.ended(run) == "COMPLETED_WITH_ERRORS" and site.exclusions(run) == {unread}
        names = site.asked.list_exclusions(assessmentRunArn=run)["exclusionArns"]
        (told,) = site.asked.describe_exclusions(exclusionArns=names)["exclusions"].values()
        assert "AssumeRole" in told["description"] and "role" in told["recommendation"]
    finally:
        insist_on_rights(site.home.aws, 1_000_000)
    assert used(site, before) == {"host": 0, "reachability": 0}


def test_what_no_cloud_tells_of_needs_an_agent(site: Site) -> None:
    """A host that the role has not shown, on which no agent is known."""
    lone = "i-00000000000000aaa"
    with site.home.database() as database, database.write() as connection:
        hosts.add(connection, Host(lone, site.home.account, "lone", milliseconds()))
        host_tags.set_tags(connection, lone, (("own", lone),))
    template = site.template((NETWORK,), lone)
    foretold = site.preview(template)
    run = site.start(template)
    assert site.ended(run) == "COMPLETED_WITH_ERRORS"
    assert site.exclusions(run) == foretold == {("Agent not found", lone, "")}
    assert site.findings(run) == []
