"""Rules as pages show them: each with why, what to do, and the benchmarks that number it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping

from shindan.model.catalogue_views import BenchmarkNumber, RulePage, RuleView
from shindan.model.packages import PackageName
from shindan.model.refusals import NoSuchEntity
from shindan.model.rule import Rule
from shindan.model.severity import Severity
from shindan.rules.cis.benchmarks import Library
from shindan.service import checks, paging
from shindan.service.caller import Caller
from shindan.service.own_rules import of_service
from shindan.service.rights import must
from shindan.service.rule_book import every
from shindan.service.service import Service


def list_(
    service: Service,
    caller: Caller,
    *,
    text: str = "",
    package: PackageName | None = None,
    severity: Severity | None = None,
    benchmark: str | None = None,
    token: str | None = None,
    max_results: int | None = None,
) -> RulePage:
    """A page of the rules over hosts: with every word of `text` in id, title, why, remedy or a benchmark's number.

    The CVE package has advisories in place of rules. Needs `ListRules`. Raises InvalidInput, AccessDenied.
    """
    must(caller, "ListRules")
    checks.text(text, "INVALID_SEARCH", "a text to search for", 256, shortest=0)
    words = text.lower().split()
    said = [view for view in _views(of_service(service)) if all(word in _words(view) for word in words)]
    found = [
        view
        for view in said
        if package in (None, view.package)
        and severity in (None, view.severity)
        and (benchmark is None or any(one.benchmark == benchmark for one in view.benchmarks))
    ]
    length = paging.size(max_results, default=100, cap=paging.MAXIMUM)
    identity = paging.query("rules", caller.account, text, package, severity, benchmark)
    rows, following = paging.part(found, length, paging.Pager(service.keys["paging"], identity), token)
    return RulePage(
        tuple(rows),
        len(found),
        following,
        dict(Counter(view.package for view in said)),
        dict(Counter(view.severity for view in said)),
        dict(Counter(name for view in said for name in {one.benchmark for one in view.benchmarks})),
    )


def show(service: Service, caller: Caller, id_: str) -> RuleView:
    """One rule, by id or by title, as findings name it. Needs `ListRules`. Raises NoSuchEntity, AccessDenied."""
    must(caller, "ListRules")
    for view in _views(of_service(service)):
        if id_ in (view.id, view.title):
            return view
    raise NoSuchEntity("RULE_DOES_NOT_EXIST", f"there is no rule {id_[:120]!r}")


@functools.lru_cache(maxsize=2)
def _views(known: Library) -> tuple[RuleView, ...]:
    """All rules; it takes some tenths of a second the first time."""
    numbered = _numbered(known)
    return tuple(
        _view(package, rule, known.rules[rule.id].params)._replace(benchmarks=numbered.get(rule.id, ()), own=own)
        if package == "cis"
        else _view(package, rule, {})
        for package, rule, own in every(known)
    )


@functools.lru_cache(maxsize=4096)
def _words(view: RuleView) -> str:
    numbers = " ".join(one.number for one in view.benchmarks)
    return f"{view.id} {view.title} {view.why} {view.remedy} {numbers}".lower()


def _numbered(known: Library) -> Mapping[str, tuple[BenchmarkNumber, ...]]:
    """Where benchmarks ask for each rule."""
    found: dict[str, tuple[BenchmarkNumber, ...]] = {}
    for benchmark in known.benchmarks.values():
        for control in benchmark.controls:
            place = BenchmarkNumber(benchmark.id, benchmark.title, control.number, control.level)
            found |= {id_: (*found.get(id_, ()), place) for id_ in control.rules}
    return found


def _view(package: PackageName, rule: Rule, params: Mapping[str, object]) -> RuleView:
    return RuleView(
        rule.id, package, rule.title, rule.severity, rule.why, rule.remedy, rule.maturity, rule.fix.shell,
        rule.fix.ansible, rule.references, tuple((name, str(value)) for name, value in params.items()), (),
    )  # fmt: skip
