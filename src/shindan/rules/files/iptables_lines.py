"""The lines of iptables-save(8) and of files for iptables-restore(8), as ufw has them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shindan.rules.files.packet_filter import Filter, Port

_CHAINS = {"input": "INPUT", "forward": "FORWARD", "output": "OUTPUT"}
_REFUSING = {"DROP": "drop", "REJECT": "reject"}
_LOOPBACK = {"ipv4": ("127.0.0.0/8", "127.0.0.1", "127.0.0.1/32"), "ipv6": ("::1", "::1/128")}
_HARMLESS = ("-m", "--comment", "-c")


class Rule(NamedTuple):
    """A line `-A CHAIN …`: option → argument (`!` before the option where it is negated), and its target."""

    chain: str
    options: dict[str, str]
    target: str


def filter_of(lines: Sequence[str], family: str) -> Filter:
    """What the table `filter` says; of a family `ipv4` or `ipv6`."""
    policies: dict[str, str] = {}
    rules: list[Rule] = []
    for line in _of_table(lines, "filter"):
        if line.startswith(":"):
            name, _, rest = line[1:].partition(" ")
            policies[name] = rest.split()[0].lower() if rest else "-"
        else:
            rules += [one for one in [rule(line)] if one]
    defaults = {}
    for hook, chain in _CHAINS.items():
        if chain in policies:
            last = next((one for one in reversed(rules) if one.chain == chain), None)
            ends = _REFUSING.get(last.target) if last and not _conditions(last) else None
            defaults[hook, family] = ends or policies[chain]
    incoming = from_chain(rules, "INPUT")
    return Filter(
        (family,),
        defaults,
        _family(any(accepts_loopback(one, "-i") for one in incoming), family),
        _family(any(accepts_loopback(one, "-o") for one in from_chain(rules, "OUTPUT")), family),
        _family(any(refuses_loopback(one, family) for one in incoming), family),
        [port for one in incoming for port in ports(one, family)],
        frozenset(defaults),
        ("filter",) if policies else (),
    )


def rules_of(lines: Iterable[str]) -> Iterator[Rule]:
    """Every `-A` line of the table `filter`."""
    return (one for line in _of_table(lines, "filter") for one in [rule(line)] if one)


def rule(line: str) -> Rule | None:
    """One line; None for what is no rule."""
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    if words and words[0].startswith("["):
        words = words[1:]  # counters: [10:840]
    if len(words) < 2 or words[0] not in ("-A", "-I"):
        return None
    options: dict[str, str] = {}
    at, negated = 2, ""
    while at < len(words):
        word = words[at]
        at += 1
        if word == "!":
            negated = "!"
        elif word.startswith("-"):
            takes = at < len(words) and not (words[at].startswith("-") and not words[at][1:].isdigit())
            takes = takes and words[at] != "!"
            options[negated + word] = words[at] if takes else ""
            at += takes
            negated = ""
    target = options.pop("-j", "") or options.pop("-g", "")
    return Rule(words[1], options, target)


def from_chain(rules: Iterable[Rule], chain: str) -> list[Rule]:
    """The rules of a chain and of all chains that it leads to."""
    listed = list(rules)
    seen: set[str] = set()
    todo = [chain]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [one.target for one in listed if one.chain == name]
    return [one for one in listed if one.chain in seen]


def accepts_loopback(one: Rule, option: str) -> bool:
    """Whether a rule lets through all that comes in (`-i`) or goes out (`-o`) by the interface `lo`."""
    return one.target == "ACCEPT" and one.options.get(option) == "lo" and len(_conditions(one)) == 1


def refuses_loopback(one: Rule, family: str) -> bool:
    """Whether a rule refuses all that comes from a loopback address, on whatever interface but `lo`."""
    source = one.options.get("-s", one.options.get("--source", ""))
    return one.target in _REFUSING and source in _LOOPBACK[family] and _conditions(one) <= {"-s", "--source", "!-i"}


def ports(one: Rule, family: str) -> Iterator[Port]:
    """The destination ports that a rule names."""
    protocol = one.options.get("-p", "")
    for name in ("--dport", "--dports", "--destination-port", "--destination-ports", "--ports"):
        for piece in one.options.get(name, "").split(","):
            match = re.fullmatch(r"(\d+)(?::(\d+))?", piece)
            if match is not None and protocol in ("tcp", "udp"):
                yield Port(family, protocol, int(match[1]), int(match[2] or match[1]))


def _conditions(one: Rule) -> set[str]:
    return {name for name in one.options if name not in _HARMLESS and not name.startswith("--reject")}


def _of_table(lines: Iterable[str], wanted: str) -> Iterator[str]:
    table = ""
    for line in lines:
        text = line.strip()
        if text.startswith("*"):
            table = text[1:]
        elif text == "COMMIT":
            table = ""
        elif table == wanted and text and not text.startswith("#"):
            yield text


def _family(holds: bool, family: str) -> frozenset[str]:
    return frozenset([family] if holds else [])
