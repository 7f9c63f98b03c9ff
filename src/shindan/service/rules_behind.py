"""The rules that a finding of a host is about, by what findings are called; users' own among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from shindan.facts.platform import family_of
from shindan.model.rule import Rule
from shindan.rules.catalog import HostRule
from shindan.rules.cis.benchmark import Control
from shindan.rules.cis.benchmarks import Library
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.rules.runtime.package import PACKAGE as RUNTIME
from shindan.service.cis_flaws import OWN_RULE
from shindan.service.cve_flaws import clean
from shindan.store.rules import Rule as Text

_CODED = {package.name: package for package in (PRACTICES, RUNTIME)}


class Behind(NamedTuple):
    """Rules with (id, title), and the shell script that mends what of them failed; "" where nobody wrote one."""

    rules: tuple[tuple[str, str], ...] = ()
    script: str = ""


def behind(known: Library, text: Text, platform: str) -> Behind:
    """What stands behind a finding with this text on a host of a platform (`debian:12`).

    Nothing for a flaw of a package, for what another tool's rules say, and for rules that are gone since.
    """
    if text.package in _CODED:
        return _behind([one.rule for one in _CODED[text.package].rules if clean(one.rule.title) == text.id])
    if text.package != "cis":
        return Behind()
    control = _control(known, text)
    if control is None:
        is_own = ("BENCHMARK_ID", OWN_RULE) in text.attributes
        named = (one for id_, one in known.rules.items() if (id_ in known.own) == is_own)
        return _behind(_on(platform, (one for one in named if clean(one.rule.title) == text.id)))
    rules = list(_on(platform, (known.rules[id_] for id_ in control.rules)))
    # A control fails by some of its rules, and only their remedies are in the text.
    return _behind([one for one in rules if clean(one.remedy) in text.recommendation] or rules)


def _control(known: Library, text: Text) -> Control | None:
    """The control that a finding is named after: by the benchmark and the number that are among its attributes."""
    said: Mapping[str, str | None] = dict(text.attributes)
    number = (said.get("BENCHMARK_RULE_ID") or "").partition(" ")[0]
    if not number:
        return None
    for head in known.heads.values():
        title = clean(head.title) if head.id in known.own_benchmarks else f"CIS {head.title} Benchmark"
        if said.get("BENCHMARK_ID") == f"{title} v{head.version}":
            return known.benchmarks[head.id].numbered.get(number)
    return None


def _on(platform: str, rules: Iterable[HostRule]) -> Iterator[Rule]:
    family = family_of(platform.partition(":")[0]) if platform else ""
    return (one.way_on(platform, family).rule for one in rules)


def _behind(rules: Iterable[Rule]) -> Behind:
    found = list(rules)
    scripts = list(dict.fromkeys(one.fix.shell for one in found))
    # Half a remedy mends nothing.
    return Behind(tuple((one.id, one.title) for one in found), "\n".join(scripts) if all(scripts) else "")
