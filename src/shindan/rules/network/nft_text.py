"""A rule of nft's JSON as a person finds it in `nft list ruleset`, near enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_LONGEST = 200
_SAYS_NOTHING = ("counter", "log", "comment")


def text_of(expressions: Sequence[Mapping[str, Any]]) -> str:
    """The expressions of a rule in nft's own words, cut where they are long."""
    words = [_one(name, inner) for one in expressions for name, inner in one.items() if name not in _SAYS_NOTHING]
    found = " ".join(words)
    return found if len(found) <= _LONGEST else found[:_LONGEST] + "…"


def _one(name: str, inner: Any) -> str:
    if name == "match" and isinstance(inner, Mapping):
        operator = "" if inner.get("op") in ("==", "in") else f"{inner.get('op')} "
        return f"{_value(inner.get('left'))} {operator}{_value(inner.get('right'))}"
    if name == "vmap" and isinstance(inner, Mapping):
        return f"{_value(inner.get('key'))} vmap {_value(inner.get('data'))}"
    if inner is None:
        return name
    if name in ("jump", "goto") and isinstance(inner, Mapping):
        return f"{name} {inner.get('target')}"
    if name in ("dnat", "redirect") and isinstance(inner, Mapping):
        where = ":".join(_value(inner[key]) for key in ("addr", "port") if inner.get(key) is not None)
        return f"{name} to {where}"
    if name == "reject" and isinstance(inner, Mapping):
        return f"reject with {inner.get('type')} {inner.get('expr', '')}".rstrip()
    return name


def _value(value: Any, depth: int = 0) -> str:
    if depth > 6:
        return "…"
    if isinstance(value, list):
        return ", ".join(_pair(one, depth) for one in value[:20])
    if not isinstance(value, Mapping) or len(value) == 0:
        return str(value)
    name, inner = next(iter(value.items()))
    if name == "payload" and isinstance(inner, Mapping):
        return f"{inner.get('protocol', 'raw')} {inner.get('field', '')}".rstrip()
    if name in ("meta", "ct", "socket") and isinstance(inner, Mapping):
        return f"{name} {inner.get('key')}"
    if name == "prefix" and isinstance(inner, Mapping):
        return f"{inner.get('addr')}/{inner.get('len')}"
    if name == "range" and isinstance(inner, list):
        return "-".join(_value(one, depth + 1) for one in inner[:2])
    if name == "concat" and isinstance(inner, list):
        return " . ".join(_value(one, depth + 1) for one in inner[:8])
    if name == "set":
        return "{ " + _value(inner, depth + 1) + " }"
    if name == "elem" and isinstance(inner, Mapping):
        return _value(inner.get("val"), depth + 1)
    return name if inner is None else _one(name, inner) if name in ("jump", "goto") else name


def _pair(one: Any, depth: int) -> str:
    if isinstance(one, list) and len(one) == 2:
        return f"{_value(one[0], depth + 1)} : {_value(one[1], depth + 1)}"
    return _value(one, depth + 1)
