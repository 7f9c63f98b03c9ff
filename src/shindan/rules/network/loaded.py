"""All rules that a host has loaded, each once: nft's own tables, and those that iptables owns by iptables' savers.

nft shows matches of tables that iptables-nft made without their meaning, and cannot see rules of iptables' old backend
at all; firewalld's and ufw's rules are in one of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shindan.rules.examined import Examined
from shindan.rules.network import iptables, nft
from shindan.rules.network.ruleset import Ruleset, together

_SAVERS = {"iptables": 4, "ip6tables": 6, "iptables-legacy": 4, "ip6tables-legacy": 6}
_FAMILIES = {4: "ip", 6: "ip6"}


def ruleset_of(host: Examined) -> Ruleset:
    """What is loaded in the host's own network namespace. Raises CannotTell where nobody looked."""
    facts = {one.subject: one.data for one in host.all("firewall")}
    parts = []
    owned: set[tuple[str, str]] = set()
    objects = _list(facts.get("nft", {}))
    for tool, family in _SAVERS.items():
        lines = [str(line) for line in _list(facts.get(tool, {}))]
        if lines:
            parts.append(iptables.ruleset_of(tool, family, lines))
        if not tool.endswith("-legacy"):
            tables = iptables.tables_of(lines)
            names = ((_FAMILIES[family], name) for name, own in tables.items())
            owned |= {one for one in names if _is_same(objects, one, tables[one[1]])}
    parts.append(nft.ruleset_of(objects, frozenset(owned)))
    gap = host.gap("firewall")
    return together([*parts, Ruleset({}, (), [gap] if gap else [])])


def _list(data: Mapping[str, Any]) -> Sequence[Any]:
    rules = data.get("rules")
    return rules if isinstance(rules, list) and data.get("loaded") else []


def _is_same(objects: Sequence[Any], table: tuple[str, str], lines: Sequence[str]) -> bool:
    """Whether a table of nft is what a saver printed: the same base chains, and as many rules.

    The saver of the old backend prints tables of the same names, which are not nft's.
    """
    inner = [(name, one[name]) for one in objects if isinstance(one, Mapping) for name in ("chain", "rule")
             if isinstance(one.get(name), Mapping)]  # fmt: skip
    own = [(name, one) for name, one in inner if (one.get("family"), one.get("table")) == table]
    bases = {str(one.get("name")) for name, one in own if name == "chain" and one.get("hook")}
    saved = {line[1:].split()[0] for line in lines if line.startswith(":") and line.split()[1:2] != ["-"]}
    count = sum(name == "rule" for name, _ in own)
    # The saver shows every base chain of a table, nft those that were made.
    return bool(own) and bases <= saved and count == sum("-A " in line[:40] for line in lines)
