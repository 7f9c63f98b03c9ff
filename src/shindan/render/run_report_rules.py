"""The rules of a run as its full report shows them: by package and benchmark, in sections with a score each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from shindan.model.checked import Counts
from shindan.model.fleet import RuleCounts
from shindan.model.packages import package
from shindan.render.run_report_words import Tongue, labels
from shindan.render.words import score


class RuleRow(NamedTuple):
    """One rule or control: what it is called, and on how many hosts it passed, failed, did not apply, and so on."""

    name: str
    counts: tuple[int, ...]


class RuleSection(NamedTuple):
    """One section of a benchmark ("" where there is none); `score` is text, "–" where nothing passed or failed."""

    number: str
    counts: tuple[int, ...]
    score: str
    rows: tuple[RuleRow, ...]


class RuleList(NamedTuple):
    """The rules that came to one thing on some host, for where there is no room for a table."""

    title: str
    names: tuple[str, ...]


class RuleSet(NamedTuple):
    """One package, or one benchmark of it."""

    title: str
    counts: tuple[int, ...]
    score: str
    sections: tuple[RuleSection, ...]
    lists: tuple[RuleList, ...]


def rule_sets(rules: Sequence[RuleCounts], tongue: Tongue) -> tuple[RuleSet, ...]:
    """Rules as they come: by package and benchmark, by number within."""
    return tuple(
        _set(tongue.text(package(name).title), benchmark, list(some), tongue)
        for (name, benchmark), some in groupby(rules, key=lambda one: (one.package, one.benchmark))
    )


def _set(title: str, benchmark: str, rules: Sequence[RuleCounts], tongue: Tongue) -> RuleSet:
    total = summed(rules)
    sections = tuple(_section(number, list(some)) for number, some in groupby(rules, key=section_of))
    named = f"{title}: {benchmark}" if benchmark else title
    return RuleSet(named, tuple(total), score(total), sections, tuple(_lists(rules, tongue)))


def section_of(one: RuleCounts) -> str:
    """The first part of a control's number; "" where there are no sections."""
    return one.rule.partition(".")[0] if one.benchmark else ""


def _section(number: str, rules: Sequence[RuleCounts]) -> RuleSection:
    total = summed(rules)
    rows = tuple(RuleRow(_name(one), tuple(one.counts)) for one in rules)
    return RuleSection(number, tuple(total), score(total), rows)


def _lists(rules: Sequence[RuleCounts], tongue: Tongue) -> Iterable[RuleList]:
    label = labels(tongue)
    for position, field in enumerate(Counts._fields):
        names = tuple(f"{_name(one)} ({tongue.number(one.counts[position])})" for one in rules if one.counts[position])
        if names:
            yield RuleList(label[field], names)


def _name(one: RuleCounts) -> str:
    return f"{one.rule} {one.title}" if one.benchmark else one.title


def summed(rules: Iterable[RuleCounts]) -> Counts:
    """The counts of rules together."""
    return Counts(*map(sum, zip(*(one.counts for one in rules), strict=True)))
