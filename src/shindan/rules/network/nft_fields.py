"""What nft looks at (the left side of a match, the key of a map), as conditions on the first packet of a connection.

Source: libnftables-json(5), nft(8) sections "payload expressions", "meta expressions", "conntrack expressions".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any as AnyType
from typing import NamedTuple

from shindan.rules.network import questions
from shindan.rules.network.conditions import ALWAYS, NEVER, All, Any, Condition, Not, Opaque, Source
from shindan.rules.network.nft_values import ANYTHING, Sets, Unreadable, address_span, atoms, port_span, word
from shindan.rules.network.spans import EVERYTHING, Spans, united

Atoms = Sequence[AnyType]
MOST_CONCATENATIONS = 5_000
_FAMILIES = {"ip": 4, "ip6": 6}
_ICMP = ("icmp", "icmpv6", "sctp", "dccp", "ah", "esp", "comp", "igmp", "arp", "vlan")


class Field(NamedTuple):
    """`guard` must hold before anything can be compared; `equal` is the condition that it is one of some values;
    `spans` makes numbers of values, where there is an order (for `<`), and `of_spans` a condition of those.
    """

    guard: Condition
    equal: Callable[[Atoms], Condition]
    spans: Callable[[Atoms], Spans] | None = None
    of_spans: Callable[[Spans], Condition] | None = None
    whole: Spans = ()


def field(left: AnyType, tracked: bool) -> Field:
    """The field that a left side means. `tracked`: whether connections are tracked. Raises Unreadable."""
    if not isinstance(left, Mapping) or len(left) != 1:
        raise Unreadable(f"expression {repr(left)[:60]}")
    name, inner = next(iter(left.items()))
    if name == "concat" and isinstance(inner, list):
        return _concatenated([field(one, tracked) for one in inner])
    if not isinstance(inner, Mapping):
        if name == "&" and isinstance(inner, list):
            return _masked(inner)
        raise Unreadable(f"expression {name}")
    known = {"payload": _payload, "meta": _meta, "fib": _fib, "exthdr": _exthdr}
    if name == "ct":
        return _conntrack(inner, tracked)
    if name not in known:
        raise Unreadable(f"expression {name}")
    return known[name](inner)


def _payload(inner: Mapping[str, AnyType]) -> Field:
    protocol, what = str(inner.get("protocol", "")), str(inner.get("field", ""))
    if protocol in ("tcp", "udp", "th"):
        guard = ALWAYS if protocol == "th" else questions.of_protocol([protocol])
        if what == "dport":
            return _numbers(guard, questions.to_port)
        if what == "sport":
            return _numbers(guard, questions.from_port)
        if what == "flags":
            return Field(guard, lambda atoms: _flags_in(atoms))
    if protocol in _FAMILIES:
        family = _FAMILIES[protocol]
        guard = questions.of_family(family)
        if what == "saddr":
            return _addresses(family, lambda spans: Source(family, spans))
        if what == "daddr":
            return _addresses(family, lambda spans: questions.to_address(family, spans))
        if what in ("protocol", "nexthdr"):
            return Field(guard, lambda atoms: questions.of_protocol([word(one) for one in atoms]))
        if what == "version":
            return Field(guard, lambda atoms: ALWAYS if family in atoms else NEVER)
    if protocol in _ICMP:
        return Field(NEVER, lambda _: NEVER)
    raise Unreadable(f"{protocol or 'raw'} {what}".strip())


def _meta(inner: Mapping[str, AnyType]) -> Field:
    key = str(inner.get("key", ""))
    if key in ("iif", "iifname"):
        return _worded(questions.into)
    if key in ("oif", "oifname"):
        return _worded(questions.out_of)
    if key == "l4proto":
        return _worded(questions.of_protocol)
    if key in ("nfproto", "protocol"):
        names = {"ipv4": 4, "ip": 4, "ipv6": 6, "ip6": 6}
        return _worded(lambda words: Any(tuple(questions.of_family(names[one]) for one in words if one in names)))
    if key == "pkttype":
        return _worded(lambda words: ALWAYS if {"host", "unicast"} & set(words) else NEVER)
    raise Unreadable(f"meta {key}")


def _conntrack(inner: Mapping[str, AnyType], tracked: bool) -> Field:
    key, direction = str(inner.get("key", "")), inner.get("dir")
    if not tracked:
        raise Unreadable(f"ct {key}, where a rule switches connection tracking off")
    if key == "state":
        return _worded(questions.in_state)
    if key == "status":
        return _worded(lambda words: questions.translated() if "dnat" in words else NEVER)
    if key == "direction":
        return _worded(lambda words: ALWAYS if "original" in words else NEVER)
    if direction == "original" and key == "proto-dst":
        return _numbers(ALWAYS, questions.asked_port)
    if direction == "original" and key in ("ip daddr", "ip6 daddr"):
        family = 4 if key == "ip daddr" else 6
        return _addresses(family, lambda spans: questions.asked_address(family, spans))
    raise Unreadable(f"ct {key}")


def _fib(inner: Mapping[str, AnyType]) -> Field:
    flags = inner.get("flags") or ()
    flags = [flags] if isinstance(flags, str) else list(flags)
    if inner.get("result") == "type" and "daddr" in flags:
        return _worded(questions.to_kind)
    if inner.get("result") == "type" and "saddr" in flags:
        # Sources are elsewhere: none is an address of this host.
        return _worded(lambda words: ALWAYS if "unicast" in words else NEVER)
    if inner.get("result") in ("oif", "oifname") and "saddr" in flags:
        # Whom the host would not answer by that way has no connection, whatever rules say.
        return Field(ALWAYS, lambda atoms: NEVER if False in atoms or 0 in atoms else ALWAYS)
    raise Unreadable("fib")


def _exthdr(inner: Mapping[str, AnyType]) -> Field:
    """Extension headers of IPv6: the first packet of a connection has none."""
    absent = "field" not in inner
    return Field(questions.of_family(6), lambda atoms: ALWAYS if absent and False in atoms else NEVER)


def _masked(pair: Sequence[AnyType]) -> Field:
    """`tcp flags & (fin|syn) == syn`."""
    payload = pair[0].get("payload") if len(pair) == 2 and isinstance(pair[0], Mapping) else None
    if not isinstance(payload, Mapping) or payload.get("field") != "flags":
        raise Unreadable("a mask")
    mask = [word(one) for one in atoms(pair[1], Sets({}))]
    return Field(questions.of_protocol(["tcp"]), lambda wanted: _flags_are(mask, wanted))


def _flags_are(mask: Sequence[str], wanted: Atoms) -> Condition:
    names = [] if list(wanted) == [0] else [word(one) for one in wanted]
    return questions.with_flags(mask, names)


def _flags_in(atoms: Atoms) -> Condition:
    return ALWAYS if "syn" in [word(one) for one in atoms] else NEVER


def _concatenated(parts: Sequence[Field]) -> Field:
    def equal(atoms: Atoms) -> Condition:
        if len(atoms) > MOST_CONCATENATIONS:
            raise Unreadable(f"a set of more than {MOST_CONCATENATIONS:,} concatenations")
        return Any(tuple(one(atom) for atom in atoms))

    def one(atom: AnyType) -> Condition:
        if atom == ANYTHING:
            return ALWAYS
        values = atom.get("concat") if isinstance(atom, Mapping) else None
        if not isinstance(values, list) or len(values) != len(parts):
            raise Unreadable("an element of a concatenation")
        pairs = zip(parts, values, strict=True)
        return All(tuple(part.equal([value]) for part, value in pairs))

    return Field(All(tuple(part.guard for part in parts)), equal)


def _numbers(guard: Condition, make: Callable[[Spans], Condition]) -> Field:
    def spans(atoms: Atoms) -> Spans:
        return united(port_span(one) for one in atoms)

    return _ordered(guard, spans, make, ((0, 65535),))


def _addresses(family: int, make: Callable[[Spans], Condition]) -> Field:
    def spans(atoms: Atoms) -> Spans:
        return united(address_span(one, family) for one in atoms)

    return _ordered(questions.of_family(family), spans, make, EVERYTHING[family])


def _ordered(
    guard: Condition, spans: Callable[[Atoms], Spans], make: Callable[[Spans], Condition], whole: Spans
) -> Field:
    def equal(atoms: Atoms) -> Condition:
        return make(whole if ANYTHING in atoms else spans(atoms))

    return Field(guard, equal, spans, make, whole)


def _worded(make: Callable[[Sequence[str]], Condition]) -> Field:
    return Field(ALWAYS, lambda atoms: ALWAYS if ANYTHING in atoms else make([word(one) for one in atoms]))


def compared(found: Field, operator: str, values: Atoms) -> Condition:
    """The condition that a field stands in some relation to values. Raises Unreadable."""
    if operator in ("==", "in"):
        return All((found.guard, found.equal(values)))
    if operator == "!=":
        # nft looks at the field only where there is one: `ip saddr != …` is about IPv4 alone.
        return All((found.guard, Not(found.equal(values))))
    if operator in ("<", ">", "<=", ">=") and found.spans and found.of_spans and len(values) == 1:
        (low, high), (least, most) = found.spans(values)[0], found.whole[0]
        span = {"<": (least, low - 1), "<=": (least, high), ">": (high + 1, most), ">=": (low, most)}[operator]
        return All((found.guard, found.of_spans(united([span]))))
    raise Unreadable(f"operator {operator}")


def doubtful(error: Unreadable) -> Condition:
    """The condition that stands for what cannot be read."""
    return Opaque(f"a rule of nft asks for {error}")
