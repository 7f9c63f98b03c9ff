"""A rule set of nftables, as `nft -j list ruleset` prints it (libnftables-json(5))."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shindan.rules.files.packet_filter import HOOKS, Filter, Port

_FAMILIES = {"ip": ("ipv4",), "ip6": ("ipv6",), "inet": ("ipv4", "ipv6")}
_LOOPBACK = {"ip": "ipv4", "ip6": "ipv6"}
_SAYS_NOTHING = ("counter", "log", "comment")

Place = tuple[str, str, str]
"""Family, table, chain."""


def filter_of(objects: Sequence[Mapping[str, Any]]) -> Filter:
    """What the tables of a rule set say together."""
    chains = {_place(one["chain"], "name"): one["chain"] for one in objects if "chain" in one}
    rules: dict[Place, list[list[Mapping[str, Any]]]] = {}
    sets = {_place(one["set"], "name"): one["set"] for one in objects if "set" in one}
    for one in objects:
        if "rule" in one:
            rules.setdefault(_place(one["rule"], "chain"), []).append(list(one["rule"].get("expr", ())))
    bases = {place: chain for place, chain in chains.items() if chain.get("hook") in HOOKS and place[0] in _FAMILIES}
    incoming = list(_reached(bases, rules, "input"))
    outgoing = list(_reached(bases, rules, "output"))
    return Filter(
        ("ipv4", "ipv6"),
        _defaults(bases, rules),
        frozenset(name for place, rule in incoming if _by_loopback(rule, "iif") for name in _FAMILIES[place[0]]),
        frozenset(name for place, rule in outgoing if _by_loopback(rule, "oif") for name in _FAMILIES[place[0]]),
        frozenset(name for _, rule in incoming for name in _refused(rule)),
        [port for place, rule in incoming for port in _ports(place, rule, sets)],
        frozenset((chain["hook"], name) for place, chain in bases.items() for name in _FAMILIES[place[0]]
                  if chain.get("type") == "filter"),
        [f"{one['table']['family']} {one['table']['name']}" for one in objects if "table" in one],
    )  # fmt: skip


def _defaults(
    bases: Mapping[Place, Mapping[str, Any]], rules: Mapping[Place, Sequence[Sequence[Mapping[str, Any]]]]
) -> dict[tuple[str, str], str]:
    """A packet must pass every base chain of a hook: one that refuses is enough."""
    found: dict[tuple[str, str], str] = {}
    for place, chain in bases.items():
        if chain.get("type") != "filter":
            continue
        said = "drop" if chain.get("policy") == "drop" else _last_word(rules.get(place, ())) or "accept"
        for family in _FAMILIES[place[0]]:
            if found.get((chain["hook"], family), "accept") == "accept":
                found[chain["hook"], family] = said
    return found


def _last_word(rules: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """`drop` or `reject` where a chain ends in a rule that refuses whatever is left."""
    last = [expression for expression in rules[-1] if not set(expression) & set(_SAYS_NOTHING)] if rules else []
    return next((word for word in ("drop", "reject") if len(last) == 1 and word in last[0]), "")


def _reached(
    bases: Mapping[Place, Mapping[str, Any]], rules: Mapping[Place, Sequence[Sequence[Mapping[str, Any]]]], hook: str
) -> Iterator[tuple[Place, Sequence[Mapping[str, Any]]]]:
    """Every rule of the chains of a hook, and of the chains that they lead to."""
    seen: set[Place] = set()
    todo = [place for place, chain in bases.items() if chain["hook"] == hook and chain.get("type") == "filter"]
    while todo:
        place = todo.pop(0)
        if place in seen:
            continue
        seen.add(place)
        for rule in rules.get(place, ()):
            yield place, rule
            todo += [(place[0], place[1], name) for name in _led_to(rule)]


def _led_to(value: Any) -> Iterator[str]:
    """The chains that a rule jumps to, also by a map of verdicts."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in ("jump", "goto") and isinstance(inner, Mapping) and "target" in inner:
                yield str(inner["target"])
            else:
                yield from _led_to(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _led_to(inner)


def _by_loopback(rule: Sequence[Mapping[str, Any]], key: str) -> bool:
    matches = [one["match"] for one in rule if "match" in one]
    interface = [one for one in matches if _meta(one) in (key, f"{key}name") and one.get("op") in ("==", "in")]
    return (
        any("accept" in one for one in rule)
        and len(interface) == len(matches) == 1
        and "lo" in _members(interface[0].get("right"))
    )


def _refused(rule: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Families whose loopback addresses a rule refuses, unless they come by `lo`."""
    if not any(word in one for one in rule for word in ("drop", "reject")):
        return
    found = []
    for match in (one["match"] for one in rule if "match" in one):
        payload = match["left"].get("payload", {}) if isinstance(match.get("left"), Mapping) else {}
        if payload.get("field") == "saddr" and _is_loopback(match.get("right")) and match.get("op") in ("==", "in"):
            found.append(_LOOPBACK.get(str(payload.get("protocol")), ""))
        elif not (_meta(match) in ("iif", "iifname") and match.get("op") == "!="):
            return
    yield from (family for family in found if family)


def _is_loopback(value: Any) -> bool:
    if isinstance(value, Mapping) and "prefix" in value:
        return bool(value["prefix"] == {"addr": "127.0.0.0", "len": 8})
    return bool(value == "::1")


def _ports(place: Place, rule: Sequence[Mapping[str, Any]], sets: Mapping[Place, Mapping[str, Any]]) -> Iterator[Port]:
    protocols = [
        name for one in rule if "match" in one and _meta(one["match"]) == "l4proto"
        for name in _members(one["match"].get("right"))
    ]  # fmt: skip
    for left, right in _keys(rule):
        payload = left.get("payload", {}) if isinstance(left, Mapping) else {}
        if payload.get("field") != "dport":
            continue
        names = protocols if payload.get("protocol") == "th" else [payload.get("protocol")]
        if isinstance(right, str) and right.startswith("@"):
            named = sets.get((place[0], place[1], right[1:]), {})
            right = {"set": named.get("elem", [])}
        for low, high in _ranges(right):
            for name in names:
                yield from (Port(family, str(name), low, high) for family in _FAMILIES[place[0]])


def _keys(rule: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, Any]]:
    """(what is looked at, with what it is compared) of matches and of maps of verdicts."""
    for one in rule:
        if "match" in one and one["match"].get("op") in ("==", "in"):
            yield one["match"].get("left"), one["match"].get("right")
        elif "vmap" in one and isinstance(one["vmap"].get("data"), Mapping):
            yield one["vmap"].get("key"), {"set": [pair[0] for pair in one["vmap"]["data"].get("set", ()) if pair]}


def _ranges(value: Any) -> Iterator[tuple[int, int]]:
    for one in _members(value):
        if isinstance(one, Mapping) and "range" in one:
            low, high = one["range"]
            if isinstance(low, int) and isinstance(high, int):
                yield low, high
        elif isinstance(one, int):
            yield one, one


def _members(value: Any) -> list[Any]:
    found = value.get("set", [value]) if isinstance(value, Mapping) else [value]
    listed = found if isinstance(found, list) else [found]
    return [one["elem"]["val"] if isinstance(one, Mapping) and "elem" in one else one for one in listed]


def _meta(match: Mapping[str, Any]) -> str:
    left = match.get("left")
    return str(left.get("meta", {}).get("key", "")) if isinstance(left, Mapping) else ""


def _place(one: Mapping[str, Any], name: str) -> Place:
    return str(one.get("family")), str(one.get("table")), str(one.get(name))
