"""Rules as pages show them: each with why, what to do, and the benchmarks that number it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping

from shindan.model.catalogue_views import BenchmarkNumber, RulePage, RuleView
from shindan.model.packages import PackageName
from shindan.model.refusals import NoSuchEntity
from shindan.model.rule import Rule
from shindan.model.severity import Severity
from shindan.rules.cis.benchmarks import Library
from shindan.rules.coded import CodedPackage
from shindan.rules.network.rules import RULES as NETWORK
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.rules.runtime.package import PACKAGE as RUNTIME
from shindan.service import checks, paging
from shindan.service.caller import Caller
from shindan.service.own_rules import of_service
from shindan.service.rights import must
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
    pager = paging.Pager(service.keys["paging"], identity)
    start = int(pager.after(token) or 0)
    end = start + length
    return RulePage(
        tuple(found[start:end]),
        len(found),
        pager.token(end) if end < len(found) else None,
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
    return (
        *_of_benchmarks(known),
        *_coded(PRACTICES),
        *_coded(RUNTIME),
        *(_view("network", one) for one in NETWORK.values()),
    )


@functools.lru_cache(maxsize=4096)
def _words(view: RuleView) -> str:
    numbers = " ".join(one.number for one in view.benchmarks)
    return f"{view.id} {view.title} {view.why} {view.remedy} {numbers}".lower()


def _of_benchmarks(known: Library) -> Iterator[RuleView]:
    numbered: dict[str, list[BenchmarkNumber]] = {}
    for benchmark in known.benchmarks.values():
        for control in benchmark.controls:
            for id_ in control.rules:
                place = BenchmarkNumber(benchmark.id, benchmark.title, control.number, control.level)
                numbered.setdefault(id_, []).append(place)
    for id_, one in sorted(known.rules.items()):
        view = _view("cis", one.rule, one.params)
        yield view._replace(benchmarks=tuple(numbered.get(id_, ())), own=id_ in known.own)


def _coded(package: CodedPackage) -> Iterator[RuleView]:
    for one in sorted(package.rules, key=lambda one: one.rule.id):
        yield _view(package.name, one.rule)


def _view(package: PackageName, rule: Rule, params: Mapping[str, object] | None = None) -> RuleView:
    return RuleView(
        rule.id, package, rule.title, rule.severity, rule.why, rule.remedy, rule.maturity, rule.fix.shell,
        rule.fix.ansible, rule.references, tuple((name, str(value)) for name, value in (params or {}).items()), (),
    )  # fmt: skip
