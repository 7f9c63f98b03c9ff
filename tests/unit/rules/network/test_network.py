"""The package `network`: who reaches what, by which rule, and when nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Outcome
from shindan.rules.network import reach
from shindan.rules.network.outcomes import Reached
from shindan.rules.network.package import PACKAGE, NetworkPackage
from shindan.rules.network.spans import address, within
from shindan.rules.network.zones import ZonesRefused, zones_of

PUBLIC, PRIVATE, SIX = "203.0.113.10", "10.0.0.5", "2001:db8::10"
LO = fact("interface", "lo", addresses=["127.0.0.1/8", "::1/128"], up=True, kind="loopback")


def eth0(*addresses: str) -> Fact:
    return fact("interface", "eth0", addresses=list(addresses), up=True, kind="physical")


def listener(port: int, address: str = "0.0.0.0", protocol: str = "tcp", **more: Any) -> Fact:
    data = {"program": f"/usr/sbin/d{port}", "pid": 7, **more}
    return fact("listener", f"{protocol} {address}:{port}", protocol=protocol, address=address, port=port, **data)


def savers(**lines: list[str]) -> list[Fact]:
    """Facts of iptables' tools, each with these lines of the table filter."""
    return [
        fact("firewall", name.replace("_", "-"), present=True, loaded=True, rules=["*filter", *own, "COMMIT"])
        for name, own in lines.items()
    ]


def table(
    name: str,
    *rules: list[dict[str, Any]],
    policy: str = "drop",
    family: str = "inet",
    prio: int = 0,
    chain: str = "in",
) -> list[Any]:
    base = {"family": family, "table": name, "name": chain, "type": "filter", "hook": "input", "prio": prio,
            "policy": policy}  # fmt: skip
    made = [{"rule": {"family": family, "table": name, "chain": chain, "expr": one}} for one in rules]
    return [{"table": {"family": family, "name": name}}, {"chain": base}, *made]


def nft(*objects: dict[str, Any]) -> Fact:
    return fact("firewall", "nft", present=True, loaded=bool(objects), rules=list(objects))


def match(protocol: str, field: str, right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": {"payload": {"protocol": protocol, "field": field}}, "right": right}}


def dport(port: Any) -> dict[str, Any]:
    return match("tcp", "dport", port)


ACCEPT: dict[str, Any] = {"accept": None}
DROP: dict[str, Any] = {"drop": None}
NO_FILTER = nft()
OPEN4 = [":INPUT ACCEPT [0:0]"]
CLOSED4 = [":INPUT DROP [0:0]"]


def said(*facts: Fact, package: NetworkPackage = PACKAGE) -> list[Outcome]:
    return list(package.evaluate(host(LO, *facts), {}))


def reached(outcomes: list[Outcome], verdict: str = "fail") -> set[str]:
    """Subjects of outcomes about ports on which somebody listens."""
    return {one.subject for one in outcomes if one.verdict == verdict and " to " in one.subject}


ON_ALL = [eth0(f"{PUBLIC}/24"), listener(22)]
SSH = "tcp 22 from internet to d22"
SSH_INSIDE = "tcp 22 from inside to d22"
REACHED: list[tuple[str, list[Fact], set[str]]] = [
    ("nothing filters", [*ON_ALL, NO_FILTER], {SSH, SSH_INSIDE}),
    ("a private address is not of the internet", [eth0(f"{PRIVATE}/24"), listener(22), NO_FILTER], {SSH_INSIDE}),
    ("bound to loopback", [eth0(f"{PUBLIC}/24"), listener(22, "127.0.0.1"), listener(23, "::1"), NO_FILTER], set()),
    ("bound to another address", [eth0(f"{PUBLIC}/24", f"{PRIVATE}/8"), listener(22, PRIVATE), NO_FILTER], {SSH_INSIDE}),
    ("bound to another interface", [eth0(f"{PUBLIC}/24"), listener(22, interface="eth1"), NO_FILTER], set()),
    ("all of IPv6 is IPv4, too", [eth0(f"{PUBLIC}/24"), listener(22, "::", v6only=False), NO_FILTER], {SSH, SSH_INSIDE}),
    ("all of IPv6 unless it is told otherwise", [eth0(f"{PUBLIC}/24"), listener(22, "::", v6only=True), NO_FILTER], set()),
    ("an interface that is off",
     [fact("interface", "eth0", addresses=[f"{PUBLIC}/24"], up=False, kind="physical"), listener(22), NO_FILTER], set()),
    ("iptables drops", [*ON_ALL, *savers(iptables=CLOSED4)], set()),
    ("IPv4 is closed and IPv6 is open",
     [eth0(f"{PUBLIC}/24", f"{SIX}/64"), listener(22, "::"), *savers(iptables=CLOSED4, ip6tables=OPEN4)],
     {SSH, SSH_INSIDE}),
    ("the old backend drops what nft lets through",
     [*ON_ALL, nft(*table("f", [ACCEPT])), *savers(iptables_legacy=CLOSED4)], set()),
    ("accept ends its own base chain only", [*ON_ALL, nft(*table("a", [ACCEPT]), *table("b", prio=10))], set()),
    ("both base chains let it through",
     [*ON_ALL, nft(*table("a", [dport(22), ACCEPT]), *table("b", [dport(22), ACCEPT], prio=10))], {SSH, SSH_INSIDE}),
    ("a chain of the family ip6 is nothing to IPv4", [*ON_ALL, nft(*table("f", family="ip6"))], {SSH, SSH_INSIDE}),
    ("a reject with a type of ICMP is about IPv4 alone",
     [eth0(f"{SIX}/64"), listener(22, "::"), nft(*table("f", [{"reject": {"type": "icmp"}}], policy="accept"))],
     {SSH, SSH_INSIDE}),
    ("a reject with a type of ICMPv6 is about IPv6 alone",
     [*ON_ALL, nft(*table("f", [{"reject": {"type": "icmpv6"}}], policy="accept"))], {SSH, SSH_INSIDE}),
    ("a reset is about TCP alone",
     [eth0(f"{PUBLIC}/24"), listener(514, protocol="udp"),
      nft(*table("f", [{"reject": {"type": "tcp reset"}}], policy="accept"))],
     {"udp 514 from internet to d514", "udp 514 from inside to d514"}),
    ("what is not this source is of its family alone",
     [eth0(f"{SIX}/64"), listener(22, "::"), nft(*table("f", [match("ip", "saddr", "8.8.8.8", "!="), ACCEPT]))], set()),
    ("multiport, which nft shows as opaque, is read from the saver",
     [eth0(f"{PUBLIC}/24"), listener(22), listener(80),
      nft(*table("filter", [{"xt": {"type": "match", "name": "multiport"}}, ACCEPT], family="ip", chain="INPUT")),
      *savers(iptables=[*CLOSED4, "-A INPUT -p tcp -m multiport --dports 22,443 -j ACCEPT"])],
     {SSH, SSH_INSIDE}),
    ("nft's own table of the same name counts as well as iptables' old backend",
     [*ON_ALL, nft(*table("filter", family="ip", chain="INPUT")),
      *savers(iptables=[*OPEN4, "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"])], set()),
    ("only from inside",
     [*ON_ALL, *savers(iptables=[*CLOSED4, "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT"])], {SSH_INSIDE}),
    ("a VPN comes by its own interface",
     [eth0(f"{PUBLIC}/24"), fact("interface", "wg0", addresses=["10.9.0.1/24"], up=True, kind="tunnel"), listener(22),
      *savers(iptables=[*CLOSED4, "-A INPUT -i wg0 -j ACCEPT"])],
     {"tcp 22 from vpn to d22"}),
    ("a translation",
     [*ON_ALL, *savers(iptables=[*CLOSED4, "-A INPUT -m conntrack --ctstate DNAT -j ACCEPT", "COMMIT", "*nat",
      ":PREROUTING ACCEPT [0:0]", "-A PREROUTING -p tcp -m tcp --dport 2222 -j REDIRECT --to-ports 22"])],
     {"tcp 2222 from internet to d22", "tcp 2222 from inside to d22"}),
    ("a translation to where it was going is none",
     [*ON_ALL, *savers(iptables=[*CLOSED4, "-A INPUT -m conntrack --ctstate DNAT -j ACCEPT", "COMMIT", "*nat",
      ":PREROUTING ACCEPT [0:0]", "-A PREROUTING -p tcp -m tcp --dport 22 -j REDIRECT --to-ports 22"])], set()),
    ("ufw's limit lets a first packet through",
     [*ON_ALL, *savers(iptables=[*CLOSED4, ":ufw-user-input - [0:0]", "-A INPUT -j ufw-user-input",
      "-A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --rsource",
      "-A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 "
      "--hitcount 6 --name DEFAULT --rsource -j DROP", "-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT"])],
     {SSH, SSH_INSIDE}),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "wanted"), [(f, w) for _, f, w in REACHED], ids=[name for name, _, _ in REACHED])
def test_reached(facts: list[Fact], wanted: set[str]) -> None:
    found = said(*facts)
    assert reached(found) == wanted
    assert not reached(found, "unknown")


DOCKER = [
    eth0(f"{PUBLIC}/24"),
    fact("interface", "docker0", addresses=["172.17.0.1/16"], up=True, kind="bridge"),
    fact("route", "0.0.0.0/0", device="eth0", via="203.0.113.1", table=254, type="unicast"),
    listener(8080, "172.17.0.2", netns="4026532201", program="/usr/sbin/nginx"),
]
NAT = ["COMMIT", "*nat", ":PREROUTING ACCEPT [0:0]", ":DOCKER - [0:0]",
       "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER", "-A DOCKER -i docker0 -j RETURN",
       "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:8080"]  # fmt: skip
TO_CONTAINER = "-A FORWARD -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 8080 -j ACCEPT"


@pytest.mark.parametrize(
    ("forward", "wanted"),
    [
        ([":FORWARD DROP [0:0]", TO_CONTAINER], {"tcp 80 from internet to nginx", "tcp 80 from inside to nginx"}),
        ([":FORWARD DROP [0:0]", ":DOCKER-USER - [0:0]", "-A FORWARD -j DOCKER-USER",
          "-A DOCKER-USER ! -s 10.0.0.0/8 -j DROP", TO_CONTAINER], {"tcp 80 from inside to nginx"}),
        ([":FORWARD DROP [0:0]"], set()),
    ],
    ids=["published past the rules for input", "closed in DOCKER-USER", "not forwarded"],
)  # fmt: skip
def test_docker_publishes_past_what_ufw_denies(forward: list[str], wanted: set[str]) -> None:
    found = said(*DOCKER, *savers(iptables=[":INPUT DROP [0:0]", *forward, *NAT]))
    assert reached(found) == wanted


UNKNOWN: list[tuple[str, list[Fact], str]] = [
    ("an opaque match", [nft(*table("f", [{"xt": {"type": "match", "name": "set"}}, ACCEPT]))], "xt set"),
    ("a mark", [nft(*table("f", [{"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 5}}, ACCEPT]))], "mark"),
    ("a queue", [nft(*table("f", [{"queue": {"num": 1}}]))], "queue"),
    ("a set that was not told", [nft(*table("f", [match("ip", "saddr", "@gone"), ACCEPT]))], "@gone"),
    ("an expression of the future", [nft(*table("f", [{"match": {"left": {"moon": {}}, "right": 1}}, ACCEPT]))], "moon"),
    ("an ipset", savers(iptables=[*CLOSED4, "-A INPUT -m set --match-set good src -j ACCEPT"]), "--match-set"),
    ("a limit of what is refused", [nft(*table("f", [{"limit": {"rate": 5}}, DROP], policy="accept"))], "limit"),
    ("a line that cannot be read", savers(iptables=[*OPEN4, '-A INPUT -m comment --comment "half -j DROP']), "cannot be read"),
    ("a part was not told", [NO_FILTER, gap("packet filters", "nft: timed out", "firewall")], "timed out"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "why"), [(f, w) for _, f, w in UNKNOWN], ids=[name for name, _, _ in UNKNOWN])
def test_nobody_can_tell(facts: list[Fact], why: str) -> None:
    found = said(*ON_ALL, *facts)
    assert not reached(found)
    assert reached(found, "unknown") == {SSH, SSH_INSIDE}
    assert all(why in one.reason for one in found if " to " in one.subject)


def test_what_cannot_be_told_of_matters_only_where_it_decides() -> None:
    """A mark that is asked for before everything is dropped anyway, or accepted anyway, is no matter."""
    mark = {"match": {"op": "==", "left": {"meta": {"key": "mark"}}, "right": 5}}
    assert reached(said(*ON_ALL, nft(*table("f", [mark, DROP])))) == set()
    assert not reached(said(*ON_ALL, nft(*table("f", [mark, DROP]))), "unknown")
    assert reached(said(*ON_ALL, nft(*table("f", [mark, ACCEPT], [ACCEPT])))) == {SSH, SSH_INSIDE}


def one(outcomes: list[Outcome], subject: str) -> Reached:
    found = next(one for one in outcomes if one.subject == subject)
    assert isinstance(found, Reached)
    return found


def test_a_finding_names_the_path_and_is_called_as_the_api_calls_it() -> None:
    found = one(said(*ON_ALL, nft(*table("f", [dport(22), ACCEPT]))), SSH)
    assert found.rule.title == "Recognized port with listener reachable from internet"
    assert found.rule.flaw == (
        "On instance {agent}, process 'd22' is listening on TCP port 22 which is associated with 'SSH' and is reachable "
        "from the internet"
    )
    assert found.rule.severity == "Medium"
    assert found.evidence[0].subject == "tcp port 22 of 203.0.113.10 (eth0)"
    assert found.evidence[0].observed.endswith(": nft inet f in: tcp dport 22 accept")
    assert dict(found.attributes).items() >= {
        "REACHABILITY_TYPE": "Internet", "RULE_TYPE": "RecognizedPortWithListener", "PROTOCOL": "TCP", "PORT": "22",
        "PORT_GROUP_NAME": "SSH", "PROCESS_NAME": "d22", "PROCESS_PATH": "/usr/sbin/d22", "PROCESS_PID": "7",
    }.items()  # fmt: skip


def test_permitted_sources_are_shown_and_lower_the_severity() -> None:
    found = one(said(*ON_ALL, nft(*table("f", [match("ip", "saddr", "198.51.100.7"), dport(22), ACCEPT]))), SSH)
    assert found.rule.severity == "Low"
    assert dict(found.attributes)["PERMITTED_SOURCES"] == "IPv4: 198.51.100.7"


def test_a_block_list_lowers_nothing() -> None:
    rules = table("f", [match("ip", "saddr", {"prefix": {"addr": "198.51.100.0", "len": 24}}), DROP], policy="accept")
    found = one(said(*ON_ALL, nft(*rules)), SSH)
    assert found.rule.severity == "Medium"
    assert "(any address but 198.51.100.0/24)" in found.evidence[0].observed
    assert "(any address)" in one(said(*ON_ALL, nft(*rules)), SSH_INSIDE).evidence[0].observed


SEVERITIES = [
    (3306, "internet", "High"), (3306, "inside", "Medium"), (80, "internet", "Low"), (80, "inside", "Informational"),
    (12345, "internet", "Low"), (12345, "inside", "Informational"),
]  # fmt: skip


@pytest.mark.parametrize(("port", "zone", "severity"), SEVERITIES)
def test_severity_by_service_and_zone(port: int, zone: str, severity: str) -> None:
    found = said(eth0(f"{PUBLIC}/24"), listener(port), NO_FILTER)
    assert one(found, f"tcp {port} from {zone} to d{port}").rule.severity == severity


def test_a_port_that_a_rule_opens_for_nobody() -> None:
    found = said(
        eth0(f"{PUBLIC}/24"), listener(22, "127.0.0.1"), nft(*table("f", [dport({"set": [80, 9999]}), ACCEPT]))
    )
    without = one(found, "tcp 80 from internet")
    assert (without.rule.severity, dict(without.attributes)["RULE_TYPE"]) == (
        "Informational",
        "RecognizedPortNoListener",
    )
    exposed = one(found, "internet")
    assert exposed.rule.title == "Network exposure from the internet"
    assert dict(exposed.attributes).items() >= {"TCP_PORTS": "[[80 - 80], [9999 - 9999]]", "UDP_PORTS": "[]"}.items()


def test_where_everything_is_open_no_port_is_opened_by_name() -> None:
    found = said(*ON_ALL, NO_FILTER)
    assert "tcp 80 from internet" not in {one.subject for one in found}
    assert dict(one(found, "internet").attributes)["UDP_PORTS"] == "[[1 - 65535]]"


@pytest.mark.parametrize("missing", ["firewall", "interface", "listener"])
def test_what_nobody_looked_at_is_unknown(missing: str) -> None:
    facts = [one for one in (eth0(f"{PUBLIC}/24"), listener(22), NO_FILTER, LO) if one.kind != missing]
    found = list(PACKAGE.evaluate(host(*facts), {}))
    port_rules = [one for one in found if one.rule.id != "network-exposure"]
    assert {one.verdict for one in port_rules} == {"unknown"}
    assert len(port_rules) == 3
    assert all(missing in one.reason for one in port_rules)


def test_a_host_that_nobody_reaches_passes() -> None:
    found = said(eth0(f"{PUBLIC}/24"), listener(22), nft(*table("f")))
    assert [one.verdict for one in found] == ["pass"] * 4


def test_an_operators_zones() -> None:
    text = """
    [[zone]]
    name = "world"
    type = "Internet"
    long = "the internet"
    networks = ["0.0.0.0/0"]
    public = true
    steps = 0
    [[zone]]
    name = "office"
    type = "PeeredVpc"
    long = "the office"
    networks = ["10.1.0.0/16"]
    [[zone]]
    name = "other"
    type = "Inside"
    long = "the rest"
    networks = ["10.0.0.0/8"]
    [[forward]]
    zone = "world"
    address = "10.0.0.5"
    protocol = "tcp"
    ports = [22, "8000-8010"]
    """
    zones = zones_of(text)
    facts = [eth0(f"{PRIVATE}/24"), listener(22), listener(23),
             *savers(iptables=[*CLOSED4, "-A INPUT ! -s 10.2.0.0/16 -j ACCEPT"])]  # fmt: skip
    found = reached(said(*facts, package=NetworkPackage(zones)))
    ports = {f"tcp {port} from {zone} to d{port}" for port in (22, 23) for zone in ("office", "other")}
    assert found == ports | {"tcp 22 from world to d22"}


REFUSED = [
    ("no TOML", "zone = ["), ("no zone", ""), ("a word that is not known", "[[zone]]\nnam = 'x'"),
    ("no network", "[[zone]]\nname='a'\ntype='b'\nlong='c'\nnetworks=['10.0.0.0/33']"),
    ("a number for a list", "[[zone]]\nname='a'\ntype='b'\nlong='c'\nnetworks=4"), ("no table", "zone = [1]"),
    ("a forward of no zone", "[[zone]]\nname='a'\ntype='b'\nlong='c'\nnetworks=[]\n[[forward]]\nzone='z'\nprotocol='tcp'"),
    ("a port beyond", "[[zone]]\nname='a'\ntype='b'\nlong='c'\nnetworks=[]\n[[forward]]\nzone='a'\nprotocol='tcp'\n"
     "address='10.0.0.1'\nports=[70000]"),
]  # fmt: skip


@pytest.mark.parametrize("text", [text for _, text in REFUSED], ids=[name for name, _ in REFUSED])
def test_zones_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ZonesRefused) as raised:
        zones_of(text)
    assert raised.value.remedy


def test_jumps_without_end_are_unknown_and_end() -> None:
    jumps = [{"rule": {"family": "inet", "table": "f", "chain": "in", "expr": [{"jump": {"target": "in"}}]}}] * 20
    found = said(*ON_ALL, nft(*table("f", policy="accept"), *jumps))
    assert reached(found, "unknown") == {SSH, SSH_INSIDE}


def test_more_rules_than_can_be_followed_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "MOST_STEPS", 20_000)
    rules = [[dport(port), {"return": None}] for port in range(1000, 1400)]
    found = said(*ON_ALL, listener(60000), nft(*table("f", *rules, policy="accept")))
    late = [one for one in found if one.subject.startswith("tcp 60000 ")]
    assert {one.verdict for one in late} == {"unknown"}
    assert all("too long" in one.reason for one in late)


WORDS = st.sampled_from(
    ["match", "left", "right", "op", "payload", "protocol", "field", "tcp", "dport", "ip", "saddr", "vmap", "key", "data",
     "set", "elem", "val", "range", "prefix", "addr", "len", "concat", "accept", "drop", "jump", "target", "in", "==", "@s",
     "!=", "<", "&", "|", "meta", "ct", "state", "fib", "dnat", "redirect", "port", "reject", "type", "limit", "10.0.0.0",
     "*", "xt", "flags", "syn"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 70000) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
EXPRESSIONS = st.lists(st.dictionaries(WORDS, JSON, min_size=1, max_size=1), max_size=4)
LINES = st.lists(
    st.lists(
        st.sampled_from(["-A", "INPUT", "-s", "10.0.0.0/8", "-p", "tcp", "--dport", "22", "!", "-j", "ACCEPT", "DROP", "-m",
                         "--dports", "1:2,", "-i", "eth+", "DNAT", "--to-destination", "1.2.3.4:x", "'", ":INPUT", "-",
                         "*nat", "PREROUTING", "COMMIT", "--tcp-flags", "SYN", "--src-range", "9-1", "-g"]),
        max_size=9,
    ).map(" ".join),
    max_size=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(rules=st.lists(EXPRESSIONS, max_size=3), junk=st.lists(JSON, max_size=2), lines=LINES)
def test_whatever_is_loaded_there_is_an_answer(rules: list[Any], junk: list[Any], lines: list[str]) -> None:
    objects = [*table("f", *rules), *junk, {"set": {"family": "inet", "table": "f", "name": "s", "elem": junk}}]
    loaded = fact("firewall", "nft", present=True, loaded=True, rules=objects)
    found = said(*ON_ALL, loaded, *savers(iptables=[":INPUT ACCEPT [0:0]", *lines]))
    assert {one.rule.id for one in found if one.verdict in ("pass", "fail", "unknown")}


@pytest.mark.parametrize(
    ("text", "zone", "source"),
    [
        ('[networks]\n"10.20.0.0/16" = "peered"\n', "peered", "10.20.0.1"),
        ('[networks]\n"10.20.0.0/16" = "peered"\n', "inside", "10.21.0.1"),
        ('[networks]\n"203.0.113.0/24" = "inside"\n', "inside", "203.0.113.9"),
        ('[networks]\n"10.0.0.0/8" = "peered"\n"10.1.0.0/16" = "inside"\n', "inside", "10.1.2.3"),
        ('[networks]\n"10.9.0.0/16" = "vpn"\n', "far", "10.9.0.1"),
        ('[networks]\n"2001:db8:1::/48" = "peered"\n', "peered", "2001:db8:1::5"),
        ('[networks]\n"10.5.0.0/16" = "internet"\n', "internet", "10.5.0.1"),
    ],
)
def test_a_map_of_networks_says_whose_an_address_is(text: str, zone: str, source: str) -> None:
    family, number = address(source)
    owners = [one.name for one in zones_of(text).zones if within(one.sources[family], number)]
    assert owners == [zone], "one zone has an address, by the smallest network"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[networks]\n"10.0.0.0/8" = "moon"\n', "no zone 'moon'"),
        (
            '[[zone]]\nname = "a"\ntype = "A"\nlong = "a"\nnetworks = ["10.0.0.0/8"]\n'
            '[[zone]]\nname = "b"\ntype = "B"\nlong = "b"\nnetworks = ["10.0.0.0/8"]\n',
            "10.0.0.0/8 is in two zones",
        ),
        ('[networks]\n"10.0.0.0" = 3\n', "3"),
        ('nobody = []\n[networks]\n"10.1.0.0/16" = "peered"\n', "either them or zones of its own"),
    ],
)
def test_a_malformed_map_is_refused(text: str, said: str) -> None:
    with pytest.raises(ZonesRefused, match=said):
        zones_of(text)
