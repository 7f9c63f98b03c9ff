"""A rule set of nftables, as `nft -j list ruleset` prints it, as chains of rules.

nft leaves out of its JSON that a reject with an ICMP type is for one family alone, so the type says it.
Source: libnftables-json(5); nft(8) for what statements do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from shindan.rules.network import questions
from shindan.rules.network.conditions import ALWAYS, NEVER, All, Condition, Opaque
from shindan.rules.network.nft_fields import compared, doubtful, field
from shindan.rules.network.nft_text import text_of
from shindan.rules.network.nft_values import ANYTHING, Sets, Unreadable, atoms, element
from shindan.rules.network.ruleset import Action, Base, Rule, Ruleset, Translation
from shindan.rules.network.spans import address

Objects = Sequence[Mapping[str, Any]]
_FAMILIES = {"ip": (4,), "ip6": (6,), "inet": (4, 6), "netdev": (4, 6)}
_HOOKS = ("ingress", "prerouting", "input", "forward")
_VERDICTS: Mapping[str, Action] = {
    "accept": "accept", "drop": "drop", "reject": "drop", "return": "return", "jump": "jump", "goto": "goto",
}  # fmt: skip
_DOES_NOTHING = ("counter", "log", "comment", "mangle", "notrack", "flow", "ct helper", "ct timeout",
    "ct expectation", "secmark", "synproxy", "last", "snat", "masquerade", "dup")  # fmt: skip
_REJECTS = {"icmp": 4, "icmpv6": 6}


def ruleset_of(objects: Objects, without: frozenset[tuple[str, str]] = frozenset()) -> Ruleset:
    """The chains of all tables but those (family, name) that another tool owns; what cannot be read is unknown."""
    tables: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in objects:
        inner = next(iter(one.values()), None) if isinstance(one, Mapping) else None
        if isinstance(inner, Mapping) and "table" in inner:
            key = str(inner.get("family")), str(inner["table"])
            if key[0] in _FAMILIES and key not in without:
                tables.setdefault(key, []).append(one)
    tracked = not any("notrack" in one for _, rule in _rules(objects) for one in _expressions(rule))
    chains: dict[str, list[Rule]] = {}
    bases: list[Base] = []
    for (family, name), members in tables.items():
        sets = Sets(dict(_sets(members)))
        for one in members:
            if isinstance(one.get("chain"), Mapping):
                chain = one["chain"]
                chains.setdefault(_key(family, name, chain.get("name")), [])
                bases += _base(family, name, chain)
        for place, rule in _rules(members):
            made = chains.setdefault(_key(family, name, place), [])
            made += _Compiler(family, name, sets, tracked).rules(rule)
    return Ruleset(chains, bases)


def _key(family: str, table: str, chain: object) -> str:
    return f"nft {family} {table} {chain}"


def _rules(objects: Objects) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in objects:
        rule = one.get("rule") if isinstance(one, Mapping) else None
        if isinstance(rule, Mapping):
            yield str(rule.get("chain")), rule


def _expressions(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = rule.get("expr")
    return [one for one in found if isinstance(one, Mapping) and one] if isinstance(found, list) else []


def _sets(members: Objects) -> Iterator[tuple[str, Sequence[Any]]]:
    for one in members:
        inner = one.get("set") or one.get("map")
        if isinstance(inner, Mapping):
            elements = inner.get("elem")
            yield str(inner.get("name")), elements if isinstance(elements, list) else []


def _base(family: str, table: str, chain: Mapping[str, Any]) -> Iterator[Base]:
    hook = str(chain.get("hook", ""))
    if hook not in _HOOKS:
        return
    policy: Literal["accept", "drop"] = "drop" if chain.get("policy") == "drop" else "accept"
    priority = chain.get("prio")
    device = chain.get("dev")
    yield Base(
        _key(family, table, chain.get("name")),
        hook,
        priority if isinstance(priority, int) else 0,
        policy,
        _FAMILIES[family],
        chain.get("type") == "nat",
        (device if isinstance(device, str) else None) if hook == "ingress" else "",
    )


class _Compiler:
    """Rules of one table."""

    def __init__(self, family: str, table: str, sets: Sets, tracked: bool) -> None:
        self._family, self._table, self._sets, self._tracked = family, table, sets, tracked

    def rules(self, rule: Mapping[str, Any]) -> Iterator[Rule]:
        """What a rule does, a map of verdicts as one rule an element; nothing where it decides nothing."""
        line = f"{_key(self._family, self._table, rule.get('chain'))}: {text_of(_expressions(rule))}"
        conditions: list[Condition] = []
        statements = _expressions(rule)
        for number, one in enumerate(statements):
            name = next(iter(one))
            if name == "vmap":
                yield from self._mapped(one["vmap"], conditions, line)
                return
            done = self._deed(name, one[name], conditions, line)
            if done is not None:
                yield done
                return
            try:
                conditions += self._condition(name, one[name], _refuses(statements[number + 1 :]))
            except Unreadable as error:
                conditions.append(doubtful(error))

    def _deed(self, name: str, inner: Any, conditions: Sequence[Condition], line: str) -> Rule | None:
        """What a statement that ends a rule does; None for any other."""
        if name in _VERDICTS:
            condition: Condition = All((*conditions, _rejecting(inner)) if name == "reject" else tuple(conditions))
            target = str(inner.get("target", "")) if isinstance(inner, Mapping) else ""
            return Rule(condition, _VERDICTS[name], line, _key(self._family, self._table, target))
        if name in ("dnat", "redirect"):
            return _translating(name, inner, All(tuple(conditions)), line)
        if name in ("queue", "tproxy", "fwd"):
            return Rule(All(tuple(conditions)), "unknown", line, reason=f"a rule of nft hands packets on: {name}")
        return None

    def _condition(self, name: str, inner: Any, refuses: bool) -> Iterator[Condition]:
        if name == "match" and isinstance(inner, Mapping):
            found = field(inner.get("left"), self._tracked)
            values = list(atoms(inner.get("right"), self._sets))
            yield compared(found, str(inner.get("op", "==")), values)
        elif name in ("limit", "quota", "ct count"):
            yield _rate(inner, refuses)
        elif name in ("set", "meter") and isinstance(inner, Mapping):
            found_statements = inner.get("stmt")
            nested = found_statements if isinstance(found_statements, list) else [found_statements]
            for one in nested:
                if isinstance(one, Mapping) and one:
                    yield from self._condition(next(iter(one)), next(iter(one.values())), refuses)
        elif name == "xt":
            what = inner.get("name") if isinstance(inner, Mapping) else inner
            raise Unreadable(f"xt {what}, which nft shows without its meaning")
        elif name not in _DOES_NOTHING:
            raise Unreadable(f"statement {name[:40]}")

    def _mapped(self, inner: Any, conditions: Sequence[Condition], line: str) -> Iterator[Rule]:
        try:
            found = field(inner["key"], self._tracked)
            data = inner["data"]
            pairs = self._sets.named(data) if isinstance(data, str) else data["set"]
            # What stands for anything else comes last, wherever it is listed.
            for pair in sorted(pairs, key=lambda one: bool(element(one[0]) == ANYTHING)):
                key, verdict = element(pair[0]), pair[1]
                name = next(iter(verdict))
                condition = (*conditions, compared(found, "==", list(atoms(key, self._sets))))
                done = self._deed(name, verdict[name], condition, line)
                if done is not None:
                    yield done
        except Unreadable as error:
            yield Rule(All((*conditions, doubtful(error))), "unknown", line, reason=f"a rule of nft asks for {error}")
        except (KeyError, TypeError, IndexError, StopIteration):
            why = "a map of verdicts of nft cannot be read"
            yield Rule(All((*conditions, Opaque(why))), "unknown", line, reason=why)


def _rejecting(inner: Any) -> Condition:
    kind = str(inner.get("type", "")) if isinstance(inner, Mapping) else ""
    if kind == "tcp reset":
        return questions.of_protocol(["tcp"])
    return questions.of_family(_REJECTS[kind]) if kind in _REJECTS else ALWAYS


def _refuses(rest: Sequence[Mapping[str, Any]]) -> bool:
    return any("drop" in one or "reject" in one for one in rest)


def _rate(inner: Any, refuses: bool) -> Condition:
    """The first packet is within any limit and beyond none; a limit of what is refused lets through what exceeds it."""
    if isinstance(inner, Mapping) and inner.get("inv"):
        return NEVER
    return Opaque("a rule refuses up to a limit only") if refuses else ALWAYS


def _translating(name: str, inner: Any, condition: Condition, line: str) -> Rule:
    data = inner if isinstance(inner, Mapping) else {}
    port, target = data.get("port"), data.get("addr")
    try:
        if isinstance(port, bool) or not isinstance(port, int | None):
            raise ValueError(port)
        if name == "redirect":
            return Rule(condition, "translate", line, translation=Translation(None, port, here=True))
        where = None if target is None else address(str(target))
        if where is not None:
            condition = All((condition, questions.of_family(where[0])))
        return Rule(condition, "translate", line, translation=Translation(where, port))
    except ValueError:
        return Rule(condition, "unknown", line, reason="a rule of nft translates to what is not one address and port")
