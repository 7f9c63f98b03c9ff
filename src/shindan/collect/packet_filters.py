"""The rules of packet filters that the kernel has loaded, in every dialect. Python 3.6 grammar.

Rules of iptables' old backend are invisible to nft, and nft shows matches of iptables' new one as opaque: all tools are
asked. Source: libnftables-json(5), iptables-save(8).
"""

import json
import os
from typing import Any, Iterator, List

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.tools import FILTERS
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_MOST = 900000  # characters: a fact is one line, whose length is limited (shindan.facts.wire)
_TABLES = {
    "iptables-legacy": "/proc/net/ip_tables_names",
    "ip6tables-legacy": "/proc/net/ip6_tables_names",
}


class PacketFilters(Collector):
    """One fact for each tool. Nothing below a root: there nothing is loaded."""

    name = "packet filters"
    kinds = ("firewall",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        for name in FILTERS:
            try:
                yield _fact(root, name)
            except Unavailable as error:
                yield self.gap("{}: {}".format(name, error))


def _fact(root: Root, name: str) -> Fact:
    if name in _TABLES and not _has_tables(_TABLES[name]):
        # Asking would load the kernel's modules of the old backend for nothing.
        return Fact(
            "firewall", name, {"present": os.access(FILTERS[name][0][0], os.X_OK), "loaded": False, "rules": []}
        )
    lines = root.packet_filter(name)
    if lines is None:
        return Fact("firewall", name, {"present": False, "loaded": False})
    if sum(len(line) + 4 for line in lines) > _MOST:
        raise Unavailable("there are more rules than can be told: {} lines".format(len(lines)))
    if name == "nft":
        rules = objects(lines)
        return Fact("firewall", name, {"present": True, "loaded": bool(rules), "rules": rules})
    # "# Warning" and the times of saving are no rules.
    kept = [line for line in lines if line and not line.startswith("#")]
    return Fact("firewall", name, {"present": True, "loaded": says_something(kept), "rules": kept})


def objects(lines: List[str]) -> List[Any]:
    """Tables, chains, sets and rules of nft's JSON. Raises Unavailable for what is none."""
    text = next((line for line in lines if line.startswith("{")), "")
    try:
        found = list(json.loads(text)["nftables"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("its JSON cannot be read: {}".format(error)) from error
    return [one for one in found if isinstance(one, dict) and "metainfo" not in one]


def says_something(lines: List[str]) -> bool:
    """Whether there is a rule, or a chain that refuses by default: empty chains that accept are no filter."""
    return any(line.startswith("-A") or (line.startswith(":") and " DROP" in line) for line in lines)


def _has_tables(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return bool(stream.read(64).strip())
    except OSError:
        return False
