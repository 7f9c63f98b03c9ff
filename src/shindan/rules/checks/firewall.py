"""Check kind `firewall`: which packet filter is in force, what it does with what no rule names, loopback, open ports.

nftables and iptables are judged by what the kernel has loaded (facts `firewall`), ufw and firewalld by their files.
IPv4 and IPv6 both count, the latter unless the kernel has it switched off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined
from shindan.rules.files import firewall_files, iptables_lines, nft_ruleset
from shindan.rules.files.packet_filter import HOOKS, Filter

_UNITS = {"ufw": "ufw.service", "nftables": "nftables.service", "firewalld": "firewalld.service"}
_LOOPBACK = ("accept", "refuse")


def _run(host: Examined, p: Arguments) -> Result:
    if p["one_active"]:
        return _one_active(host)
    backend = p["backend"]
    found = host.view(("firewall", backend), _BACKENDS[backend])
    if found is None:
        return Result("fail", (Evidence(backend, "not in force", "in force"),))
    looked = list(_judged(host, backend, found, p))
    return judged(looked, empty=Result("pass", (Evidence(backend, "nothing listens", "a rule for every open port"),)))


def _judged(host: Examined, backend: str, found: Filter, p: Arguments) -> Iterator[tuple[bool, Evidence]]:
    families = [one for one in found.families if one == "ipv4" or not _has_no_ipv6(host)]
    for hook in p["policy"] or ():
        for family in families:
            seen = found.defaults.get((hook, family), "nothing filters")
            yield seen in ("drop", "reject", "deny"), Evidence(f"{backend}, {hook}, {family}", seen, "drop by default")
    for hook in p["base_chains"] or ():
        for family in families:
            there = (hook, family) in found.base_hooks
            seen = "there" if there else "none"
            yield there, Evidence(f"{backend}, {hook}, {family}", seen, "a base chain that filters")
    if p["table"]:
        yield bool(found.tables), Evidence(backend, ", ".join(found.tables) or "no table", "a table")
    if p["loopback"]:
        yield from _loopback(backend, found, families, p["loopback_part"])
    if p["open_ports_covered"]:
        yield from _ports(host, backend, found, families)


def _loopback(
    backend: str, found: Filter, families: Sequence[str], parts: Sequence[str]
) -> Iterator[tuple[bool, Evidence]]:
    for family in families:
        if "accept" in parts:
            for name, those in (("in by lo", found.loopback_in), ("out by lo", found.loopback_out)):
                seen = "let through" if family in those else "no rule lets it through"
                yield family in those, Evidence(f"{backend}, {name}, {family}", seen, "let through")
        if "refuse" in parts:
            refused = family in found.refused
            seen = "refused" if refused else "no rule refuses it"
            yield refused, Evidence(f"{backend}, loopback addresses, {family}", seen, "refused but by lo")


def _ports(host: Examined, backend: str, found: Filter, families: Sequence[str]) -> Iterator[tuple[bool, Evidence]]:
    for one in host.all("listener"):
        data = one.data
        address, port, protocol = str(data.get("address", "")), int(data.get("port", 0)), str(data.get("protocol", ""))
        if address.startswith("127.") or address == "::1" or data.get("netns"):
            continue
        for family in families:
            if family in _families_of(address, data):
                named = found.speaks_of(family, protocol, port)
                seen = "a rule names it" if named else "no rule names it"
                yield named, Evidence(f"{one.subject}, {family}", seen, f"a rule of {backend}")


def _families_of(address: str, data: Mapping[str, object]) -> tuple[str, ...]:
    if ":" not in address:
        return ("ipv4",)
    return ("ipv6", "ipv4") if address == "::" and not data.get("v6only") else ("ipv6",)


def _one_active(host: Examined) -> Result:
    active = [name for name, unit in _UNITS.items() if _is_active(host, name, unit)]
    legacy = [name for name in ("iptables-legacy", "ip6tables-legacy") if _is_loaded(host, name)]
    if _is_loaded(host, "nft") and legacy:
        active = [*active, *legacy]
    seen = " and ".join(active) or "none"
    good = len(active) == 1
    return Result("pass" if good else "fail", (Evidence("firewalls in force", seen, "exactly one"),))


def _is_active(host: Examined, name: str, unit: str) -> bool:
    fact = host.one("unit", unit)
    if fact is None:
        return False
    state = str(fact.data.get("active", "unknown"))
    running = state == "active" or (state == "unknown" and fact.data.get("enabled") == "enabled")
    # The unit of ufw is active also where ufw itself is switched off.
    return running and (name != "ufw" or firewall_files.ufw_is_enabled(host))


def _is_loaded(host: Examined, subject: str) -> bool:
    fact = host.inventory.one("firewall", subject)
    return bool(fact and fact.data.get("loaded"))


def _nft(host: Examined) -> Filter | None:
    fact = host.one("firewall", "nft")
    if fact is None or not fact.data.get("present"):
        return None
    return nft_ruleset.filter_of(list(fact.data.get("rules", ())))


def _iptables(family: str, *subjects: str) -> Callable[[Examined], Filter | None]:
    def asked(host: Examined) -> Filter | None:
        for subject in subjects:
            fact = host.one("firewall", subject)
            if fact is not None and fact.data.get("loaded"):
                return iptables_lines.filter_of([str(line) for line in fact.data.get("rules", ())], family)
        return None

    return asked


def _firewalld(host: Examined) -> Filter | None:
    return firewall_files.firewalld(host) if _is_active(host, "firewalld", _UNITS["firewalld"]) else None


_BACKENDS: Mapping[str, Callable[[Examined], Filter | None]] = {
    "nft": _nft,
    "iptables": _iptables("ipv4", "iptables", "iptables-legacy"),
    "ip6tables": _iptables("ipv6", "ip6tables", "ip6tables-legacy"),
    "ufw": firewall_files.ufw,
    "firewalld": _firewalld,
}


def _has_no_ipv6(host: Examined) -> bool:
    """Without IPv6 the kernel has none of its parameters; where nobody looked, it is taken to have it."""
    facts = host.inventory.all("sysctl")
    return bool(facts) and not any(one.subject.startswith("net.ipv6.conf.") for one in facts)


def _also(given: Arguments) -> Iterator[str]:
    if "one_active" not in given and "backend" not in given:
        yield f"firewall wants 'backend': {', '.join(_BACKENDS)}"
    if given.keys() & {"table", "base_chains"} and given.get("backend", "nft") != "nft":
        yield "firewall knows tables and base chains of nft alone"


KIND = Kind(
    "firewall",
    "which packet filter is in force, and what it does",
    {
        "one_active": Parameter("boolean", "exactly one of ufw, nftables and firewalld is in force"),
        "backend": Parameter("string", "whose rules", choices=tuple(_BACKENDS)),
        "policy": Parameter("strings", "ways in which nothing is let through by default", choices=HOOKS),
        "loopback": Parameter("boolean", "loopback traffic is let through, its addresses are refused from elsewhere"),
        "loopback_part": Parameter("strings", "with `loopback`: one of both", default=[*_LOOPBACK], choices=_LOOPBACK),
        "open_ports_covered": Parameter("boolean", "a rule names every port that is listened on beyond loopback"),
        "table": Parameter("boolean", "with nft: there is a table"),
        "base_chains": Parameter("strings", "with nft: there is a base chain that filters", choices=HOOKS),
    },
    _run,
    ("firewall", "unit", "listener", "text", "sysctl"),
    one_of=(("one_active", "policy", "loopback", "open_ports_covered", "table", "base_chains"),),
    also=_also,
)
