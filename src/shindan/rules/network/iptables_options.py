"""What iptables' matches ask, as conditions on the first packet of a connection.

Source: iptables(8), iptables-extensions(8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from shindan.rules.network import questions
from shindan.rules.network.conditions import ALWAYS, NEVER, All, Any, Condition, Not, Opaque, Source
from shindan.rules.network.spans import Spans, network, united

Words = Sequence[str]

_PARTS_OF_OTHERS = frozenset(
    ("--comment", "--limit-burst", "--connlimit-mask", "--connlimit-saddr", "--connlimit-daddr", "--name", "--seconds",
     "--hitcount", "--mask", "--rsource", "--rdest", "--rttl", "--reap", "--limit-iface-in", "--loose", "--validmark",
     "--accept-local", "-m", "--hashlimit-burst", "--hashlimit-mode", "--hashlimit-name", "--hashlimit-htable-size",
     "--hashlimit-htable-max", "--hashlimit-htable-expire", "--hashlimit-htable-gcinterval", "--hashlimit-srcmask",
     "--hashlimit-dstmask")
)  # fmt: skip
_FIRST_PACKET_IS: Mapping[str, bool] = {
    "--limit": True,  # within any limit, and beyond none
    "--hashlimit-upto": True,
    "--hashlimit": True,
    "--hashlimit-above": False,
    "--connlimit-above": False,
    "--connlimit-upto": True,
    "--quota": True,
    "--set": True,  # notes the source, and holds
    "--rcheck": False,  # its source is on no list yet
    "--update": False,
    "--remove": False,
    "--icmp-type": False,
    "--icmpv6-type": False,
    "--rt-type": False,  # no extension headers
    "--fragid": False,
    "--fragmore": False,
    "--frag-more": False,
    "-f": False,
    "--physdev-is-bridged": False,  # what is for an address of the host is no bridge's business
    "--physdev-is-in": False,
    "--physdev-is-out": False,
}


class Reader:
    """Makes conditions of the options of one family's rules."""

    def __init__(self, family: int, tracked: bool) -> None:
        self._family, self._tracked = family, tracked

    def condition(self, name: str, words: Words, modules: frozenset[str], refuses: bool) -> Condition:
        """What an option asks, its `!` left out; `refuses`: the rule drops what it matches."""
        if name in _PARTS_OF_OTHERS:
            return ALWAYS
        if name == "--set" and "recent" not in modules:
            return Opaque("a rule of iptables asks for --set")
        if name in ("--limit", "--hashlimit", "--hashlimit-upto", "--quota") and refuses:
            return Opaque("a rule refuses up to a limit only")
        if name in _FIRST_PACKET_IS:
            return ALWAYS if _FIRST_PACKET_IS[name] else NEVER
        known = _KNOWN.get(name)
        if known is None or not words:
            return Opaque(f"a rule of iptables asks for {name}")
        if name in _TRACKED and not self._tracked:
            return Opaque(f"a rule asks for {name}, where another switches connection tracking off")
        try:
            return known(self._family, words)
        except ValueError:
            return Opaque(f"a rule of iptables asks for {name} {' '.join(words)[:60]}")


def _ports(words: Words) -> Spans:
    """`22,80:90,1024:`; the saver prints numbers alone. Raises ValueError."""
    found = []
    for piece in words[0].split(","):
        match = re.fullmatch(r"(\d{0,5})(:?)(\d{0,5})", piece)
        if match is None or not piece:
            raise ValueError(piece)
        low = int(match[1] or 0)
        found.append((low, int(match[3] or 65535) if match[2] else low))
    return united(found)


def _addresses(family: int, words: Words) -> Spans:
    found = [network(piece) for piece in words[0].split(",")]  # a mask with holes in it is refused
    if any(one != family for one, _ in found):
        raise ValueError(words[0])
    return united(span for _, span in found)


def _pkt_type(_: int, words: Words) -> Condition:
    return ALWAYS if words[0] in ("unicast", "host") else NEVER


def _target_kind(family: int, words: Words) -> Condition:
    """Of IPv6 the kernel goes by the address alone unless LOCAL is among the types: its own ones are UNICAST, too."""
    kinds = set(words[0].upper().split(","))
    if family == 6 and kinds == {"UNICAST"}:
        return ALWAYS
    return questions.to_kind(kinds - {"UNICAST"} if family == 6 else kinds)


def _source_kind(_: int, words: Words) -> Condition:
    """Sources are elsewhere: none is an address of this host, or one to which nobody could answer."""
    return ALWAYS if "UNICAST" in words[0].split(",") else NEVER


def _state(_: int, words: Words) -> Condition:
    return questions.in_state(words[0].split(","))


def _status(_: int, words: Words) -> Condition:
    asked = set(words[0].upper().split(","))
    return questions.translated() if "DNAT" in asked else ALWAYS if "NONE" in asked else NEVER


def _either_port(_: int, words: Words) -> Condition:
    return Any((questions.to_port(_ports(words)), questions.from_port(_ports(words))))


def _flags(_: int, words: Words) -> Condition:
    if len(words) != 2:
        raise ValueError(words)
    return questions.with_flags(words[0].split(","), words[1].split(","))


def _protocol(_: int, words: Words) -> Condition:
    return ALWAYS if words[0] == "all" else questions.of_protocol([words[0]])


_KNOWN: Mapping[str, Callable[[int, Words], Condition]] = {
    "-s": lambda family, words: Source(family, _addresses(family, words)),
    "-d": lambda family, words: questions.to_address(family, _addresses(family, words)),
    "-p": _protocol,
    "-i": lambda _, words: questions.into([words[0]], "+"),
    "-o": lambda _, words: questions.out_of([words[0]], "+"),
    "--dport": lambda _, words: questions.to_port(_ports(words)),
    "--dports": lambda _, words: questions.to_port(_ports(words)),
    "--sport": lambda _, words: questions.from_port(_ports(words)),
    "--sports": lambda _, words: questions.from_port(_ports(words)),
    "--ports": _either_port,
    "--tcp-flags": _flags,
    "--state": _state,
    "--ctstate": _state,
    "--ctstatus": _status,
    "--ctdir": lambda _, words: ALWAYS if words[0] == "ORIGINAL" else NEVER,
    "--ctorigdst": lambda family, words: questions.asked_address(family, _addresses(family, words)),
    "--ctorigdstport": lambda _, words: questions.asked_port(_ports(words)),
    "--ctproto": _protocol,
    "--dst-type": _target_kind,
    "--src-type": _source_kind,
    "--src-range": lambda family, words: Source(family, _addresses(family, words)),
    "--dst-range": lambda family, words: questions.to_address(family, _addresses(family, words)),
    "--pkt-type": _pkt_type,
}
_TRACKED = frozenset(["--state", "--ctstate", "--ctstatus", "--ctdir", "--ctorigdst", "--ctorigdstport", "--ctproto"])


def syn() -> Condition:
    """`--syn`, which takes no word."""
    return questions.with_flags(("fin", "syn", "rst", "ack"), ("syn",))


def reverse_path(inverted: bool) -> Condition:
    """`-m rpfilter`: whom the host would not answer by that way has no connection, whatever rules say."""
    return NEVER if inverted else ALWAYS


def negated(condition: Condition, family: int) -> Condition:
    """The opposite, of packets of the family that the tool is about."""
    return All((questions.of_family(family), Not(condition)))
