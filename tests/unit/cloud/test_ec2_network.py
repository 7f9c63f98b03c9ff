"""Reachability in AWS's terms: moto's EC2 is set up, read through boto3, and asked who reaches what.

Each scenario says what it changes of a web server with a public address, and from where which ports are reached then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import boto3
import pytest

from examined import fact, host
from receivers import REGION, moto
from shindan.cloud import ec2_network
from shindan.cloud.ec2_network import read_network
from shindan.model.cloud_network import CloudNetwork
from shindan.model.outcome import Outcome
from shindan.rules.network.aws import around
from shindan.rules.network.outcomes import Reached
from shindan.rules.network.package import PACKAGE
from shindan.rules.tailored import Tailored

pytestmark = pytest.mark.slow

ACCOUNT = "123456789012"
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'
ANY = "0.0.0.0/0"


class World(NamedTuple):
    """A VPC 10.0.0.0/16 with one subnet, an internet gateway that nothing leads to yet, and a group that admits none."""

    ec2: Any
    address: str
    vpc: str
    subnet: str
    igw: str
    table: str
    acl: str
    group: str

    def admit(self, port: int, cidr: str = ANY, protocol: str = "tcp", to: int | None = None) -> None:
        """The group admits a port."""
        rule = {"IpProtocol": protocol, "FromPort": port, "ToPort": to or port, "IpRanges": [{"CidrIp": cidr}]}
        self.permit(rule)

    def permit(self, rule: dict[str, Any]) -> None:
        """The group has a rule."""
        self.ec2.authorize_security_group_ingress(GroupId=self.group, IpPermissions=[rule])

    def route(self, target: str, cidr: str = ANY, **more: str) -> None:
        """A route of the subnet leads somewhere."""
        name = {"igw": "GatewayId", "vgw": "GatewayId", "pcx": "VpcPeeringConnectionId", "nat": "NatGatewayId"}
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock=cidr, **{name[target[:3]]: target}, **more)

    def acl_rule(self, number: int, action: str, cidr: str = ANY, ports: tuple[int, int] | None = None, *, egress: bool = False) -> None:  # fmt: skip
        """The network ACL has a rule."""
        asked: dict[str, Any] = {"Protocol": "6" if ports else "-1"}
        if ports:
            asked["PortRange"] = {"From": ports[0], "To": ports[1]}
        self.ec2.create_network_acl_entry(
            NetworkAclId=self.acl, RuleNumber=number, RuleAction=action, CidrBlock=cidr, Egress=egress, **asked
        )

    def peer(self, cidr: str = "10.1.0.0/16", *, accepted: bool = True) -> str:
        """Another VPC is peered."""
        other = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        made = self.ec2.create_vpc_peering_connection(VpcId=self.vpc, PeerVpcId=other)["VpcPeeringConnection"]
        if accepted:
            self.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
        return str(made["VpcPeeringConnectionId"])

    def vpn(self) -> str:
        """A virtual private gateway is attached."""
        made = self.ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
        self.ec2.attach_vpn_gateway(VpcId=self.vpc, VpnGatewayId=made)
        return str(made)

    def launch(self, *, public: bool = True) -> str:
        """An instance with the group."""
        card = {"DeviceIndex": 0, "SubnetId": self.subnet, "Groups": [self.group], "AssociatePublicIpAddress": public}
        made = self.ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, NetworkInterfaces=[card])
        return str(made["Instances"][0]["InstanceId"])


def client(address: str, name: str) -> Any:
    return boto3.client(name, region_name=REGION, endpoint_url=address)


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """AWS, as far as moto is it."""
    with pytest.MonkeyPatch.context() as patch, moto(patch) as address:
        yield address


@pytest.fixture
def world(aws: str) -> World:
    return made(client(aws, "ec2"), aws)


def made(ec2: Any, address: str) -> World:
    """A VPC of its own: several share one account, as they do in life."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    igw = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=vpc)
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    table = ec2.describe_route_tables(Filters=mine)["RouteTables"][0]["RouteTableId"]
    acl = ec2.describe_network_acls(Filters=mine)["NetworkAcls"][0]["NetworkAclId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    return World(ec2, address, vpc, subnet, igw, table, acl, group)


def read(address: str) -> CloudNetwork:
    iam = client(address, "iam")
    name = f"reads-{len(iam.list_roles()['Roles'])}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    return read_network(arn, ACCOUNT, REGION, address)


def reached(outcomes: list[Outcome]) -> dict[str, str]:
    """Zone type → the TCP ports that it reaches, of the findings about exposure."""
    found = {}
    for one in outcomes:
        if isinstance(one, Reached) and one.verdict == "fail" and one.rule.id == "network-exposure":
            told = dict(one.attributes)
            found[told["REACHABILITY_TYPE"]] = told["TCP_PORTS"]
    return found


def said(cloud: CloudNetwork, instance: str) -> list[Outcome]:
    return list(PACKAGE.evaluate(host(), Tailored(cloud=cloud, instance=instance)))


def looked(world: World, *, public: bool = True) -> list[Outcome]:
    instance = world.launch(public=public)
    return said(read(world.address), instance)


def _open_ssh(w: World) -> None:
    w.route(w.igw)
    w.admit(22)


def _narrow(w: World) -> None:
    w.route(w.igw)
    w.admit(22, "198.51.100.0/24")


def _no_route(w: World) -> None:
    w.admit(22)


def _nat(w: World) -> None:
    elastic = w.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = w.ec2.create_nat_gateway(SubnetId=w.subnet, AllocationId=elastic)["NatGateway"]["NatGatewayId"]
    w.route(nat)
    w.admit(22)


def _detached(w: World) -> None:
    _open_ssh(w)
    w.ec2.detach_internet_gateway(InternetGatewayId=w.igw, VpcId=w.vpc)


def _range(w: World) -> None:
    w.route(w.igw)
    w.admit(8000, to=8010)
    w.admit(8005, to=8020)


def _all_protocols(w: World) -> None:
    w.route(w.igw)
    w.permit({"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANY}]})


def _udp_only(w: World) -> None:
    w.route(w.igw)
    w.admit(53, protocol="udp")


def _nothing_admitted(w: World) -> None:
    w.route(w.igw)


def _acl_denies(w: World) -> None:
    _open_ssh(w)
    w.admit(80)
    w.acl_rule(50, "deny", ports=(22, 22))


def _acl_denies_later(w: World) -> None:
    _open_ssh(w)
    w.acl_rule(200, "deny", ports=(22, 22))


def _acl_keeps_answers(w: World) -> None:
    _open_ssh(w)
    w.acl_rule(50, "deny", egress=True)


def _acl_some_answers(w: World) -> None:
    _open_ssh(w)
    w.acl_rule(50, "deny", ports=(1024, 2000), egress=True)


def _acl_for_some(w: World) -> None:
    w.admit(22)
    w.route(w.igw)
    w.acl_rule(40, "allow", "198.51.100.0/24", (22, 22))
    w.acl_rule(50, "deny", ports=(22, 22))


def _peered(w: World) -> None:
    w.route(w.peer(), "10.1.0.0/16")
    w.admit(22)


def _peer_not_accepted(w: World) -> None:
    w.route(w.peer(accepted=False), "10.1.0.0/16")
    w.admit(22)


def _peer_admitted_elsewhere(w: World) -> None:
    w.route(w.peer(), "10.1.0.0/16")
    w.admit(22, "10.2.0.0/16")


def _by_vpn(w: World) -> None:
    w.route(w.vpn(), "192.168.0.0/16")
    w.admit(22, "192.168.5.0/24")


def _narrower_route(w: World) -> None:
    """A part of the internet is behind the VPN gateway: its packets do not come from the internet."""
    w.route(w.igw)
    w.route(w.vpn(), "198.51.100.0/24")
    w.admit(22, "198.51.100.0/25")


def _own_vpc(w: World) -> None:
    w.admit(5432, "10.0.0.0/16")


def _by_group(w: World) -> None:
    """Who has the group itself: the instance's own address is in it."""
    w.permit({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": w.group}]})


def _by_prefix_list(w: World) -> None:
    made = w.ec2.create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "198.51.100.0/24"}]
    )["PrefixList"]["PrefixListId"]
    w.route(w.igw)
    w.permit({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": made}]})


def _other_table(w: World) -> None:
    """The subnet has a table of its own, and the main one leads to the internet."""
    _open_ssh(w)
    own = w.ec2.create_route_table(VpcId=w.vpc)["RouteTable"]["RouteTableId"]
    w.ec2.associate_route_table(RouteTableId=own, SubnetId=w.subnet)


SSH = "[[22 - 22]]"
HERE = {"Inside": SSH}
SCENARIOS: list[tuple[str, Callable[[World], None], bool, dict[str, str]]] = [
    ("open to anybody", _open_ssh, True, {"Internet": SSH, **HERE}),
    ("open to some", _narrow, True, {"Internet": SSH}),
    ("no public address", _open_ssh, False, HERE),
    ("no route to the gateway", _no_route, True, HERE),
    ("a NAT gateway leads outwards alone", _nat, True, HERE),
    ("the gateway is detached", _detached, True, HERE),
    ("ranges that overlap", _range, True, {"Internet": "[[8000 - 8020]]", "Inside": "[[8000 - 8020]]"}),
    ("every protocol", _all_protocols, True, {"Internet": "[[1 - 65535]]", "Inside": "[[1 - 65535]]"}),
    ("UDP alone", _udp_only, True, {"Internet": "[]", "Inside": "[]"}),
    ("the group admits nothing", _nothing_admitted, True, {}),
    ("the ACL denies before it allows", _acl_denies, True, {"Internet": "[[80 - 80]]", "Inside": "[[80 - 80]]"}),
    ("the ACL allows before it denies", _acl_denies_later, True, {"Internet": SSH, **HERE}),
    ("the ACL keeps answers back", _acl_keeps_answers, True, {}),
    ("the ACL lets some through", _acl_for_some, True, {"Internet": SSH}),
    ("a peered VPC", _peered, False, {"PeeredVpc": SSH, **HERE}),
    ("a peering that nobody accepted", _peer_not_accepted, False, HERE),
    ("a peered VPC that is not admitted", _peer_admitted_elsewhere, False, {}),
    ("a VPN gateway", _by_vpn, False, {"VGW": SSH}),
    ("the narrower route wins", _narrower_route, True, {"VGW": SSH}),
    ("its own VPC", _own_vpc, False, {"Inside": "[[5432 - 5432]]"}),
    ("members of a group", _by_group, True, HERE),
    ("a prefix list", _by_prefix_list, True, {"Internet": SSH}),
    ("a route table of the subnet's own", _other_table, True, HERE),
]


@pytest.fixture(scope="module")
def told(aws: str) -> dict[str, dict[str, str]]:
    """Every scenario is built in a VPC of its own, all are read at once, and each instance is asked for."""
    ec2 = client(aws, "ec2")
    instances = {}
    for name, build, public, _ in SCENARIOS:
        place = made(ec2, aws)
        build(place)
        instances[name] = place.launch(public=public)
    cloud = read(aws)
    return {name: reached(said(cloud, instance)) for name, instance in instances.items()}


@pytest.mark.parametrize(("name", "wanted"), [(one[0], one[3]) for one in SCENARIOS], ids=[one[0] for one in SCENARIOS])
def test_who_reaches_which_ports(told: dict[str, dict[str, str]], name: str, wanted: dict[str, str]) -> None:
    assert told[name] == wanted


def test_a_finding_names_what_the_way_leads_through(world: World) -> None:
    _narrow(world)
    instance = world.launch()
    found = [
        one for one in said(read(world.address), instance) if isinstance(one, Reached) and "no-agent" in one.rule.id
    ]
    (ssh,) = found
    told = dict(ssh.attributes)
    assert ssh.rule.title == "Recognized port reachable from internet"
    assert (told["RULE_TYPE"], told["REACHABILITY_TYPE"], told["PORT"]) == ("RecognizedPortNoAgent", "Internet", "22")
    assert (told["VPC"], told["IGW"], told["SECURITY_GROUP"]) == (world.vpc, world.igw, world.group)
    assert told["ACL"] == world.acl and told["ENI"].startswith("eni-")
    assert told["PERMITTED_SOURCES"] == "IPv4: 198.51.100.0/24"
    assert ssh.rule.severity == "Low", "a step below SSH that anybody reaches: few may come"
    assert "admits tcp 22 from 198.51.100.0/24" in ssh.evidence[0].observed


def test_every_interface_and_group_is_a_finding_of_its_own(world: World) -> None:
    """Each of them has to be closed; a group that admits nothing is no way."""
    _open_ssh(world)
    groups = [world.group]
    for name, cidr in (("offices", "198.51.100.0/24"), ("idle", "")):
        made = world.ec2.create_security_group(GroupName=name, Description=name, VpcId=world.vpc)["GroupId"]
        if cidr:
            rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": cidr}]}
            world.ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[rule])
        groups.append(made)
    instance = world.launch()
    world.ec2.modify_instance_attribute(InstanceId=instance, Groups=groups)
    found = [one for one in said(read(world.address), instance) if isinstance(one, Reached) and one.verdict == "fail"]
    assert len({(one.rule.title, one.subject) for one in found}) == len(found), "issues over runs are told apart"
    internet = [dict(one.attributes) | {"severity": one.rule.severity} for one in found if "nternet" in one.rule.title]
    assert {(one["RULE_TYPE"], one["SECURITY_GROUP"], one["severity"]) for one in internet} == {
        ("RecognizedPortNoAgent", groups[0], "Medium"), ("RecognizedPortNoAgent", groups[1], "Low"),
        ("NetworkExposure", groups[0], "Informational"), ("NetworkExposure", groups[1], "Informational"),
    }  # fmt: skip
    assert all("security group" in one.rule.remedy for one in found)


def test_an_agent_that_could_not_look_is_no_instance_without_one(world: World) -> None:
    """As in the original: an agent on a system that it does not support disables the package there."""
    _open_ssh(world)
    instance = world.launch()
    cloud = read(world.address)
    outcomes = list(PACKAGE.evaluate(host(), Tailored(cloud=cloud, instance=instance, agent=True)))
    assert {one.verdict for one in outcomes} == {"unknown"} and "nobody looked" in outcomes[0].reason
    assert reached(said(cloud, instance)) == {"Internet": SSH, **HERE}


def test_what_an_acl_lets_back_to_some_ports_only_is_not_told_for_certain(world: World) -> None:
    _acl_some_answers(world)
    outcomes = looked(world)
    unknown = [one for one in outcomes if isinstance(one, Reached) and one.verdict == "unknown"]
    assert unknown and "some ports only" in unknown[0].reason and reached(outcomes) == {}


def test_a_peering_is_named(world: World) -> None:
    _peered(world)
    outcomes = looked(world, public=False)
    told = next(
        dict(one.attributes) for one in outcomes
        if isinstance(one, Reached) and ("REACHABILITY_TYPE", "PeeredVpc") in one.attributes
    )  # fmt: skip
    assert told["PCX"].startswith("pcx-") and told["PCX_VPC"].startswith("vpc-") and told["PCX_VPC"] != world.vpc


def test_the_hosts_own_filter_comes_behind(world: World) -> None:
    """With an agent both have to let a packet through; a listener is found by the instance's private address."""
    _open_ssh(world)
    world.admit(80)
    instance = world.launch()
    cloud = read(world.address)
    private = next(iter(around(cloud, instance).network.addresses)).text  # type: ignore[union-attr]
    rules = [":INPUT DROP [0:0]", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"]
    facts = [
        fact("interface", "eth0", up=True, kind="physical", addresses=[f"{private}/24"]),
        fact("route", "0.0.0.0/0", device="eth0"),
        fact("firewall", "iptables", present=True, loaded=True, rules=["*filter", *rules, "COMMIT"]),
        fact("listener", "tcp 0.0.0.0:22", protocol="tcp", address="0.0.0.0", port=22, program="/usr/sbin/sshd"),
        fact("listener", "tcp 0.0.0.0:80", protocol="tcp", address="0.0.0.0", port=80, program="/usr/sbin/nginx"),
    ]
    outcomes = list(PACKAGE.evaluate(host(*facts), Tailored(cloud=cloud, instance=instance)))
    assert reached(outcomes)["Internet"] == SSH
    titles = [one.rule.title for one in outcomes if one.verdict == "fail"]
    assert "Recognized port with listener reachable from internet" in titles


def test_a_load_balancer_that_faces_the_internet_is_named(world: World) -> None:
    """The instance has no public address; its group admits the balancer's."""
    second = world.ec2.create_subnet(VpcId=world.vpc, CidrBlock="10.0.2.0/24", AvailabilityZone=f"{REGION}b")["Subnet"]
    front = world.ec2.create_security_group(GroupName="front", Description="front", VpcId=world.vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": ANY}]}
    world.ec2.authorize_security_group_ingress(GroupId=front, IpPermissions=[rule])
    world.permit({"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [{"GroupId": front}]})
    instance = world.launch(public=False)
    elb = client(world.address, "elbv2")
    made = elb.create_load_balancer(
        Name="front", Subnets=[world.subnet, second["SubnetId"]], SecurityGroups=[front], Scheme="internet-facing"
    )["LoadBalancers"][0]
    target = elb.create_target_group(Name="web", Protocol="HTTP", Port=8080, VpcId=world.vpc)["TargetGroups"][0]
    elb.register_targets(TargetGroupArn=target["TargetGroupArn"], Targets=[{"Id": instance}])
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=443,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}],
    )  # fmt: skip
    outcomes = said(read(world.address), instance)
    assert reached(outcomes)["Internet"] == "[[8080 - 8080]]"
    exposed = next(one for one in outcomes if isinstance(one, Reached) and one.verdict == "fail")
    assert dict(exposed.attributes)["ELB2"] == made["DNSName"]


def test_what_may_not_be_read_is_no_silence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Access to one call is denied: what is found is still said, and that more may be there."""
    _open_ssh(world)
    instance = world.launch()

    class Refusing(ec2_network._Reading):
        def _fenced(self, operation: str, look: Callable[[], list[Any]]) -> list[Any]:
            if operation == "describe_network_acls":
                from botocore.exceptions import ClientError

                def refused() -> list[Any]:
                    raise ClientError({"Error": {"Code": "UnauthorizedOperation"}}, "DescribeNetworkAcls")

                return super()._fenced(operation, refused)
            return super()._fenced(operation, look)

    monkeypatch.setattr(ec2_network, "_Reading", Refusing)
    cloud = read(world.address)
    assert cloud.refused == (("describe_network_acls", "DescribeNetworkAcls: UnauthorizedOperation"),)
    outcomes = said(cloud, instance)
    assert reached(outcomes) == {}, "nothing is certain without the ACL"
    assert any(one.verdict == "unknown" and "port 22" in one.reason for one in outcomes)
    assert any(one.verdict == "error" and "describe_network_acls" in one.reason for one in outcomes)
