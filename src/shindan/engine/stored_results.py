"""Stored findings as renderers take them: a rule's shared text, and what was seen on a host, become one finding."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from shindan.model.advisory import Kev, Vector
from shindan.model.assessment import Pairs
from shindan.model.looked import Looked
from shindan.model.packages import PackageName
from shindan.model.result import Cvss, FeedRef, Finding, Host, JudgedBy, Ledger, NotJudged, Package, Reason
from shindan.model.stored_finding import SHOWN_SEVERITIES, installed_in
from shindan.store import rules
from shindan.store.rules import Rule

_AT_ONCE = 1000
_MOST_TEXTS = 20_000
_LINK = re.compile(r"\]\((https?://[^\s()]{1,1000})\)")
_SCORED_BY = "advisories"
"""Who assigned a score is not kept with a finding."""

_WHY_NOT = {
    "no-feed": "no feed speaks for their platform",
    "foreign-origin": "not the distribution's own",
    "unsupported-release": "their release is not supported",
    "not-examined": "the archive has newer versions whose changelogs were not read",
    "not-in-archive": "the configured archives do not offer their sources",
    "debug-symbols": "debugging symbols, which do not run",
    "no-program": "no programs",
}


class Found(NamedTuple):
    """What was seen of a rule on a host; `severity` as stored findings number it. `ignored`: why it is suppressed."""

    host: str
    severity: int
    subject: str
    attributes: Pairs = ()
    ignored: str = ""


class Texts:
    """The rules of findings by number; some thousands at a time are kept (2 kB each), whatever number there are."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[int, Rule] = {}

    def load(self, numbers: Collection[int]) -> Mapping[int, Rule]:
        """The rules of these numbers."""
        missing = sorted(set(numbers) - self._known.keys())
        if len(self._known) + len(missing) > _MOST_TEXTS:
            self._known.clear()
            missing = sorted(set(numbers))
        for start in range(0, len(missing), _AT_ONCE):
            self._known.update(rules.by_number(self._connection, missing[start : start + _AT_ONCE]))
        return self._known


def finding_of(rule: Rule, package: PackageName, found: Found) -> Finding:
    """A finding as renderers take it. Of a suppressed one it is not claimed that it does not bite: it is accepted."""

    def text(template: str) -> str:
        return template.replace("{agent}", found.host).replace("{subject}", found.subject)

    is_flaw = package == "cve"
    installed = _package(rule, found) if is_flaw else None
    vectors = tuple(_vectors(rule.attributes))
    named = dict(rule.attributes).get("BENCHMARK_RULE_ID") or ""
    return Finding(
        id=rule.id or rule.title,
        aliases=(),
        package=installed,
        fixed_version=rule.fixed or None,
        state=("fixed" if rule.fixed else "affected") if is_flaw else "failed",
        vendor_state="",
        active=True,
        inactive_reason="",
        severity=SHOWN_SEVERITIES[found.severity],
        vendor_severity="",
        nvd_severity="Undefined",
        cvss=Cvss(vectors[0].score, vectors[0].version, vectors[0].vector, _SCORED_BY) if vectors else None,
        vectors=vectors,
        epss=None,
        kev=Kev("", rule.kev) if rule.kev else None,
        advisories=(rule.id,) if is_flaw else (),
        title=text(rule.title),
        description=text(rule.description),
        references=tuple(dict.fromkeys(_LINK.findall(rule.recommendation))),
        reason=Reason(found.subject, f"rule {rule.id or rule.title}", _comparison(rule, installed)),
        feed=None,
        rules_package=package,
        ignored=found.ignored,
        ignored_as="accepted" if found.ignored else "",
        controls=(named,) if named else (),
        remedy=text(rule.recommendation),
    )


def host_of(id_: str, hostname: str, platform: str, system: str, arch: str, kernel: str) -> Host:
    """A host as results name it: by its id where it has no name."""
    return Host(hostname or id_, platform, system, arch, kernel)


def ledger_of(looked: Looked | None, gaps: tuple[tuple[str, str], ...]) -> Ledger:
    """What was judged on a host, as far as that is kept with a run."""
    if looked is None:
        return Ledger(0, (), (), 0, gaps, ())
    judged = tuple(
        JudgedBy(FeedRef(one.name, one.digest, None, one.newest), looked.judged[one.name], one.knows)
        for one in looked.feeds
        if one.name in looked.judged
    )
    not_judged = tuple(
        NotJudged(reason or "other", _WHY_NOT.get(reason, reason), number)
        for reason, number in sorted(looked.not_judged.items())
    )
    return Ledger(looked.packages, judged, not_judged, 0, gaps, ())


def tool_version() -> str:
    """The version of this program, as exports name it."""
    return importlib.metadata.version("shindan")


def _package(rule: Rule, found: Found) -> Package | None:
    if not rule.component:
        return None
    return Package(rule.component, installed_in(rule.component, found.subject), rule.kind, "", "", "")


def _vectors(attributes: Pairs) -> Iterator[Vector]:
    """Those that the API shows, version 3 first."""
    shown = dict(attributes)
    for name in ("CVSS3", "CVSS2"):
        score, vector = shown.get(f"{name}_SCORE"), shown.get(f"{name}_VECTOR") or ""
        if score:
            version = vector.removeprefix("CVSS:").partition("/")[0] if vector.startswith("CVSS:") else f"{name[-1]}.0"
            yield Vector(_SCORED_BY, version, vector, float(score))


def _comparison(rule: Rule, installed: Package | None) -> str:
    if installed is None:
        return ""
    return f"{installed.version} < {rule.fixed}" if rule.fixed else "no fixed version is named"
