"""Check kinds `firewall` and `dconf`."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.model.outcome import Verdict
from shindan.rules.checks.compiled import CheckRefused, compiled

Case = tuple[str, dict[str, Any], list[Fact], Verdict]


def text(path: str, *lines: str, **more: Any) -> Fact:
    return fact("text", path, lines=list(lines), **more)


def folder(pattern: str) -> Fact:
    return fact("text", pattern, pattern=True)


def unit(name: str, active: str = "active", enabled: str = "enabled") -> Fact:
    return fact("unit", name, active=active, enabled=enabled)


def saver(subject: str, *lines: str, loaded: bool = True) -> Fact:
    return fact("firewall", subject, present=True, loaded=loaded, rules=["*filter", *lines, "COMMIT"])


def listener(address: str, port: int, protocol: str = "tcp", **more: Any) -> Fact:
    return fact("listener", f"{protocol} {address}:{port}", protocol=protocol, address=address, port=port, **more)


def nft(*objects: dict[str, Any], present: bool = True) -> Fact:
    return fact("firewall", "nft", present=present, loaded=bool(objects), rules=list(objects))


def chain(hook: str, policy: str = "accept", family: str = "inet", **more: Any) -> dict[str, Any]:
    return {
        "chain": {
            "family": family,
            "table": "t",
            "name": hook,
            "type": "filter",
            "hook": hook,
            "policy": policy,
            **more,
        }
    }


def rule(name: str, *expressions: dict[str, Any], family: str = "inet") -> dict[str, Any]:
    return {"rule": {"family": family, "table": "t", "chain": name, "expr": list(expressions)}}


IF_LO = {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}}
PORT = {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 22}}
NO_V6 = fact("sysctl", "net.ipv4.ip_forward", value="0")
INPUT: dict[str, Any] = {"backend": "nft", "policy": ["input"]}
COVERED: dict[str, Any] = {"open_ports_covered": True}
UFW_FILES = [folder("/etc/ufw/*.rules"), text("/etc/ufw/ufw.conf", "ENABLED=yes")]


def ufw(*defaults: str, rules: tuple[str, ...] = (), rules6: tuple[str, ...] = ()) -> list[Fact]:
    return [
        *UFW_FILES,
        text("/etc/default/ufw", "IPV6=yes", *defaults),
        text("/etc/ufw/user.rules", "*filter", *rules, "COMMIT"),
        text("/etc/ufw/user6.rules", "*filter", *rules6, "COMMIT"),
        text("/etc/ufw/before.rules", "*filter", "-A ufw-before-input -i lo -j ACCEPT", "-A ufw-before-output -o lo -j ACCEPT", "COMMIT"),
        text("/etc/ufw/before6.rules", "*filter", "-A ufw6-before-input -i lo -j ACCEPT", "-A ufw6-before-output -o lo -j ACCEPT", "COMMIT"),
    ]  # fmt: skip


LOOPBACK_RULES = ("-A ufw-user-input -s 127.0.0.0/8 -j DROP",), ("-A ufw6-user-input -s ::1 -j DROP",)
TRUSTED = [
    "<zone target='ACCEPT'>", '<interface name="lo"/>',
    '<rule family="ipv4"><source address="127.0.0.1"/><destination invert="True" address="127.0.0.1"/><drop/></rule>',
    '<rule family="ipv6"><source address="::1"/><destination invert="True" address="::1"/><drop/></rule>', "</zone>",
]  # fmt: skip


def firewalld(zone: str = "public", target: str = "", trusted: list[str] | None = None) -> list[Fact]:
    attribute = f' target="{target}"' if target else ""
    return [
        unit("firewalld.service"),
        text("/etc/firewalld/firewalld.conf", f"DefaultZone={zone}"),
        folder("/etc/firewalld/zones/*.xml"),
        folder("/usr/lib/firewalld/zones/*.xml"),
        text(f"/usr/lib/firewalld/zones/{zone}.xml", f"<zone{attribute}>", "</zone>"),
        text("/etc/firewalld/zones/trusted.xml", *(TRUSTED if trusted is None else trusted)),
    ]


FIREWALLS: list[Case] = [
    ("one of three", {"one_active": True}, [unit("ufw.service"), *UFW_FILES, unit("nftables.service", "inactive", "disabled")], "pass"),
    ("none", {"one_active": True}, [unit("ufw.service", "inactive", "disabled"), *UFW_FILES], "fail"),
    ("two", {"one_active": True}, [unit("ufw.service"), *UFW_FILES, unit("nftables.service")], "fail"),
    ("ufw is active and switched off", {"one_active": True}, [unit("ufw.service"), text("/etc/ufw/ufw.conf", "ENABLED=no")], "fail"),
    ("the old backend beside nft", {"one_active": True}, [unit("nftables.service"), nft(chain("input")), saver("iptables-legacy", "-A INPUT -j DROP")], "fail"),
    ("no systemd to ask", {"one_active": True}, [unit("firewalld.service", "unknown")], "pass"),
    ("drops by default", INPUT, [nft(chain("input", "drop"))], "pass"),
    ("accepts by default", INPUT, [nft(chain("input"))], "fail"),
    ("accepts, and ends in a reject", INPUT, [nft(chain("input"), rule("input", IF_LO, {"accept": None}), rule("input", {"counter": {}}, {"reject": {}}))], "pass"),
    ("a reject before the end", INPUT, [nft(chain("input"), rule("input", {"reject": {}}), rule("input", IF_LO, {"accept": None}))], "fail"),
    ("no chain", INPUT, [nft()], "fail"),
    ("IPv4 alone", INPUT, [nft(chain("input", "drop", "ip"))], "fail"),
    ("IPv4 alone, and IPv6 is off", INPUT, [nft(chain("input", "drop", "ip")), NO_V6], "pass"),
    ("both in tables of their own", INPUT, [nft(chain("input", "drop", "ip"), chain("input", "drop", "ip6"))], "pass"),
    ("two base chains, one drops", INPUT, [nft(chain("input"), {"chain": {**chain("input", "drop")["chain"], "table": "u"}})], "pass"),
    ("a chain of nat is no filter", INPUT, [nft(chain("input", "drop", type="nat"))], "fail"),
    ("no nft", INPUT, [nft(present=False)], "fail"),
    ("nobody looked", INPUT, [], "unknown"),
    ("nobody may", INPUT, [gap("packet filters", "not root", "firewall")], "error"),
    ("loopback let in alone", {"backend": "nft", "loopback": True}, [nft(chain("input", "drop"), rule("input", IF_LO, {"accept": None}))], "fail"),
    ("let in, with another condition", {"backend": "nft", "loopback": True, "loopback_part": ["accept"]}, [nft(chain("input"), rule("input", IF_LO, PORT, {"accept": None}))], "fail"),
    ("a table", {"backend": "nft", "table": True}, [nft({"table": {"family": "inet", "name": "t"}})], "pass"),
    ("no table", {"backend": "nft", "table": True}, [nft()], "fail"),
    ("base chains", {"backend": "nft", "base_chains": ["input", "output"]}, [nft(chain("input"), chain("output"))], "pass"),
    ("a base chain missing", {"backend": "nft", "base_chains": ["input", "forward"]}, [nft(chain("input"))], "fail"),
    ("a port that a rule names", {"backend": "nft", **COVERED}, [nft(chain("input"), rule("input", PORT, {"accept": None})), listener("0.0.0.0", 22)], "pass"),
    ("a rule of a chain that nothing leads to", {"backend": "nft", **COVERED}, [nft(chain("input"), rule("other", PORT, {"accept": None})), listener("0.0.0.0", 22)], "fail"),
    ("a chain that one leads to", {"backend": "nft", **COVERED}, [nft(chain("input"), rule("input", {"jump": {"target": "other"}}), rule("other", PORT, {"accept": None})), listener("0.0.0.0", 22)], "pass"),
    ("policies of the saver", {"backend": "iptables", "policy": ["input", "forward"]}, [saver("iptables", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]")], "pass"),
    ("of the old backend", {"backend": "iptables", "policy": ["input"]}, [saver("iptables", loaded=False), saver("iptables-legacy", ":INPUT DROP [0:0]")], "pass"),
    ("ends in a reject", {"backend": "ip6tables", "policy": ["input"]}, [saver("ip6tables", ":INPUT ACCEPT [0:0]", "-A INPUT -i lo -j ACCEPT", "-A INPUT -j REJECT --reject-with icmp6-port-unreachable")], "pass"),
    ("a reject of one port", {"backend": "ip6tables", "policy": ["input"]}, [saver("ip6tables", ":INPUT ACCEPT [0:0]", "-A INPUT -p tcp --dport 5 -j REJECT")], "fail"),
    ("no rules", {"backend": "ip6tables", "policy": ["input"]}, [saver("ip6tables", loaded=False), saver("ip6tables-legacy", loaded=False)], "fail"),
    ("loopback of IPv6", {"backend": "ip6tables", "loopback": True}, [saver("ip6tables", ":INPUT DROP [0:0]", "-A INPUT -i lo -j ACCEPT", "-A INPUT -s ::1/128 -j DROP", "-A OUTPUT -o lo -j ACCEPT")], "pass"),
    ("IPv4's ports are those of both-family sockets, too", {"backend": "iptables", **COVERED}, [saver("iptables", ":INPUT DROP [0:0]"), listener("::", 80)], "fail"),
    ("a socket of IPv6 alone is no matter of IPv4", {"backend": "iptables", **COVERED}, [saver("iptables", ":INPUT DROP [0:0]"), listener("::", 80, v6only=True)], "pass"),
    ("a container's socket", {"backend": "iptables", **COVERED}, [saver("iptables", ":INPUT DROP [0:0]"), listener("0.0.0.0", 80, netns="4026532201")], "pass"),
    ("ufw denies", {"backend": "ufw", "policy": ["input", "output", "forward"]}, ufw('DEFAULT_INPUT_POLICY="DROP"', 'DEFAULT_OUTPUT_POLICY="REJECT"', 'DEFAULT_FORWARD_POLICY="DROP"'), "pass"),
    ("ufw lets out", {"backend": "ufw", "policy": ["output"]}, ufw('DEFAULT_OUTPUT_POLICY="ACCEPT"'), "fail"),
    ("ufw is off", {"backend": "ufw", "policy": ["input"]}, [text("/etc/default/ufw", 'DEFAULT_INPUT_POLICY="DROP"'), text("/etc/ufw/ufw.conf", "ENABLED=no")], "fail"),
    ("ufw's loopback", {"backend": "ufw", "loopback": True}, ufw(rules=LOOPBACK_RULES[0], rules6=LOOPBACK_RULES[1]), "pass"),
    ("ufw's loopback without IPv6", {"backend": "ufw", "loopback": True}, ufw(rules=LOOPBACK_RULES[0]), "fail"),
    ("ufw's ports", {"backend": "ufw", **COVERED}, [*ufw(rules=("-A ufw-user-input -p tcp --dport 22 -j ACCEPT",)), listener("0.0.0.0", 22)], "pass"),
    ("ufw's ports of IPv6", {"backend": "ufw", **COVERED}, [*ufw(rules=("-A ufw-user-input -p tcp --dport 22 -j ACCEPT",)), listener("::", 22)], "fail"),
    ("firewalld rejects", {"backend": "firewalld", "policy": ["input"]}, firewalld(), "pass"),
    ("firewalld trusts all", {"backend": "firewalld", "policy": ["input"]}, firewalld("trusted", "ACCEPT", []), "fail"),
    ("a file of the trusted zone", {"backend": "firewalld", "policy": ["input"]}, firewalld("trusted", trusted=TRUSTED), "fail"),
    ("firewalld's zone lets all in", {"backend": "firewalld", "policy": ["input"]}, firewalld("mine", "ACCEPT"), "fail"),
    ("firewalld's loopback", {"backend": "firewalld", "loopback": True}, firewalld(), "pass"),
    ("lo in no zone", {"backend": "firewalld", "loopback": True, "loopback_part": ["accept"]}, firewalld(trusted=["<zone>", "</zone>"]), "fail"),
    ("rich rules in a comment", {"backend": "firewalld", "loopback": True, "loopback_part": ["refuse"]}, firewalld(trusted=["<zone><!--", *TRUSTED[2:4], "--></zone>"]), "fail"),
    ("firewalld does not run", {"backend": "firewalld", "policy": ["input"]}, [*firewalld()[1:], unit("firewalld.service", "inactive")], "fail"),
]  # fmt: skip

PATTERNS = [folder(one) for one in ("/etc/dconf/profile/*", "/usr/share/dconf/profile/*", "/etc/dconf/db/*.d/*", "/etc/dconf/db/*.d/locks/*")]  # fmt: skip
DELAY: dict[str, Any] = {"key": "org/gnome/desktop/screensaver/lock-delay", "le": 5}
LOCKED = {**DELAY, "locked": True}
LOCK = text("/etc/dconf/db/local.d/locks/x", "/org/gnome/desktop/screensaver/lock-delay")


def dconf(
    *values: str, state: str = "up", profile: tuple[str, ...] = ("user-db:user", "system-db:local")
) -> list[Fact]:
    return [
        *PATTERNS,
        fact("dconf", "*", installed=True),
        fact("dconf", "local", compiled=state != "never", up_to_date=state == "up", newest="/etc/dconf/db/local.d"),
        text("/etc/dconf/profile/user", *profile),
        text("/etc/dconf/db/local.d/00-x", "[org/gnome/desktop/screensaver]", *values),
    ]


DESKTOPS: list[Case] = [
    ("as wanted", DELAY, dconf("lock-delay=uint32 5"), "pass"),
    ("too long", DELAY, dconf("lock-delay=uint32 300"), "fail"),
    ("not set", DELAY, dconf("idle=1"), "fail"),
    ("commented", DELAY, dconf("#lock-delay=uint32 5"), "fail"),
    ("not locked", LOCKED, dconf("lock-delay=uint32 5"), "fail"),
    ("locked", LOCKED, [*dconf("lock-delay=uint32 5"), LOCK], "pass"),
    ("only locked", {"key": DELAY["key"], "locked": True}, [*dconf(), LOCK], "pass"),
    ("dconf update was forgotten", DELAY, dconf("lock-delay=uint32 5", state="old"), "fail"),
    ("it was never run", DELAY, dconf("lock-delay=uint32 5", state="never"), "fail"),
    ("no profile names the database", DELAY, dconf("lock-delay=uint32 5", profile=("user-db:user",)), "fail"),
    ("a later file counts", DELAY, [*dconf("lock-delay=uint32 5"), text("/etc/dconf/db/local.d/99-y", "[org/gnome/desktop/screensaver]", "lock-delay=uint32 99")], "fail"),
    ("a text", {"key": "org/gnome/desktop/screensaver/x", "eq": "a b"}, dconf("x='a b'"), "pass"),
    ("a truth", {"key": "/org/gnome/desktop/screensaver/x", "eq": "true"}, dconf("x=true"), "pass"),
    ("the database above counts", DELAY, [*dconf("lock-delay=uint32 5", profile=("user-db:user", "system-db:site", "system-db:local")), fact("dconf", "site", compiled=True, up_to_date=True), text("/etc/dconf/db/site.d/x", "[org/gnome/desktop/screensaver]", "lock-delay=uint32 99")], "fail"),
    ("unless the one below locks it", DELAY, [*dconf("lock-delay=uint32 5", profile=("user-db:user", "system-db:site", "system-db:local")), LOCK, fact("dconf", "site", compiled=True, up_to_date=True), text("/etc/dconf/db/site.d/x", "[org/gnome/desktop/screensaver]", "lock-delay=uint32 99")], "pass"),
    ("gdm's own defaults", {"key": "org/gnome/login-screen/banner-message-enable", "eq": "true", "profile": "gdm"}, [*dconf(), text("/etc/gdm3/greeter.dconf-defaults", "[org/gnome/login-screen]", "banner-message-enable=true")], "pass"),
    ("gdm's profile", {"key": "org/gnome/login-screen/disable-user-list", "eq": "true", "profile": "gdm"}, [*dconf(), text("/etc/dconf/profile/gdm", "user-db:user", "system-db:local", "file-db:/x"), text("/etc/dconf/db/local.d/50-y", "[org/gnome/login-screen]", "disable-user-list=true")], "pass"),
    ("up to date", {"up_to_date": True}, dconf(), "pass"),
    ("out of date", {"up_to_date": True}, dconf(state="old"), "fail"),
    ("no dconf", DELAY, [fact("dconf", "*", installed=False)], "not_applicable"),
    ("nobody looked", DELAY, [], "unknown"),
]  # fmt: skip

ALL = [(kind, *one) for kind, cases in (("firewall", FIREWALLS), ("dconf", DESKTOPS)) for one in cases]


@pytest.mark.parametrize(
    ("kind", "check", "facts", "verdict"),
    [(one[0], *one[2:]) for one in ALL],
    ids=[f"{one[0]}: {one[1]}" for one in ALL],
)
def test_verdicts(kind: str, check: dict[str, Any], facts: list[Fact], verdict: Verdict) -> None:
    assert compiled({kind: check})(host(*facts)).verdict == verdict


@pytest.mark.parametrize(
    "check",
    [{"policy": ["input"]}, {"backend": "ufw", "table": True}, {"backend": "nft"}, {"backend": "pf", "loopback": True}],
)
def test_malformed_checks_are_refused(check: dict[str, Any]) -> None:
    with pytest.raises(CheckRefused):
        compiled({"firewall": check})
