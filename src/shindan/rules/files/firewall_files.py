"""What ufw and firewalld are told by their files: intentions, which hold where the program is in force.

Sources: ufw-framework(8); firewalld.zone(5), firewalld.richlanguage(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shindan.rules.examined import Examined
from shindan.rules.files.iptables_lines import Rule, accepts_loopback, ports, refuses_loopback, rules_of
from shindan.rules.files.packet_filter import FAMILIES, Filter, Port
from shindan.rules.files.settings import key_value, shell
from shindan.rules.files.texts import lines_of, within

_UFW = "/etc/ufw"
_POLICIES = {"input": "DEFAULT_INPUT_POLICY", "forward": "DEFAULT_FORWARD_POLICY", "output": "DEFAULT_OUTPUT_POLICY"}
_ZONES = ("/etc/firewalld/zones", "/usr/lib/firewalld/zones")
_FILES = {"ipv4": ("before.rules", "user.rules"), "ipv6": ("before6.rules", "user6.rules")}


def ufw_is_enabled(host: Examined) -> bool:
    """Whether `ufw enable` is in force. Raises CannotTell where its file could not be read."""
    lines = lines_of(host, f"{_UFW}/ufw.conf")
    return any(one.key == "ENABLED" and one.value.lower() == "yes" for one in shell(lines or ()))


def ufw(host: Examined) -> Filter | None:
    """Its rules; None where it has no files, or is not enabled."""
    defaults_file = lines_of(host, "/etc/default/ufw")
    if defaults_file is None or not ufw_is_enabled(host):
        return None
    settings = {one.key: one.value.lower() for one in shell(defaults_file)}
    families = FAMILIES if settings.get("IPV6", "yes") == "yes" else FAMILIES[:1]
    defaults = {(hook, family): settings.get(name, "accept") for hook, name in _POLICIES.items() for family in families}
    rules = {family: list(_ufw_rules(host, family)) for family in families}
    incoming = {family: [one for one in rules[family] if one.chain.endswith("-input")] for family in families}
    return Filter(
        families,
        defaults,
        frozenset(family for family in families if any(accepts_loopback(one, "-i") for one in incoming[family])),
        frozenset(family for family in families if any(accepts_loopback(one, "-o") for one in rules[family])),
        frozenset(family for family in families if any(refuses_loopback(one, family) for one in incoming[family])),
        [port for family in families for one in incoming[family] for port in ports(one, family)],
    )


def firewalld(host: Examined) -> Filter | None:
    """Its default zone, and what zone `lo` is in; None where it has no files."""
    settings = lines_of(host, "/etc/firewalld/firewalld.conf")
    if settings is None:
        return None
    default = next((one.value for one in key_value(settings) if one.key == "DefaultZone"), "public")
    target = _target(host, default)
    trusted = zone(host, "trusted")
    everything = [Port(family, name, 0, 65535) for family in FAMILIES for name in ("tcp", "udp")]
    has_loopback = FAMILIES if re.search(r"<interface\s+name=[\"']lo[\"']", trusted) else ()
    return Filter(
        FAMILIES,
        {("input", family): target for family in FAMILIES},
        frozenset(has_loopback),
        frozenset(FAMILIES),  # firewalld filters nothing that the host itself sends
        frozenset(_refused(trusted)),
        everything if target != "accept" else (),
    )


def zone(host: Examined, name: str) -> str:
    """The file of a zone without comments; "" where it has none."""
    for folder in _ZONES:
        lines = within(host, folder, f"{folder}/*.xml").get(f"{folder}/{name}.xml")
        if lines is not None:
            return re.sub(r"<!--.*?-->", "", "\n".join(lines), flags=re.DOTALL)
    return ""


def _target(host: Examined, name: str) -> str:
    """What a zone does with what it does not name: the target `default` rejects."""
    match = re.search(r"<zone\b[^>]*\btarget=[\"']([^\"']*)[\"']", zone(host, name))
    words = {"ACCEPT": "accept", "DROP": "drop"}
    if match is None:
        return "accept" if name == "trusted" else "reject"
    return words.get(match[1], "reject")


def _refused(text: str) -> Iterator[str]:
    """Families whose loopback address a rich rule refuses where it goes to another one."""
    for match in re.finditer(r"<rule\b([^>]*)>(.*?)</rule>", text, flags=re.DOTALL):
        family = re.search(r"family=[\"'](ipv[46])[\"']", match[1])
        source = re.search(r"<source\s+address=[\"'](127\.0\.0\.[01](?:/\d+)?|::1(?:/128)?)[\"']", match[2])
        refuses = re.search(r"<(?:drop|reject)\b", match[2])
        if family and source and refuses:
            yield family[1]


def _ufw_rules(host: Examined, family: str) -> Iterator[Rule]:
    for name in _FILES[family]:
        lines = within(host, _UFW, f"{_UFW}/*.rules").get(f"{_UFW}/{name}")
        yield from rules_of(lines or ())
