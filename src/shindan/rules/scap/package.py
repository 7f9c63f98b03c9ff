"""The package: one outcome for each rule of the content, none of which is ours.

Source: NIST IR 7275 revision 4 (XCCDF 1.2), section 6.6.4.2: what the words of results mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence, Outcome, Verdict
from shindan.model.packages import PackageName, package
from shindan.model.rule import Fix, Rule
from shindan.model.severity import Severity
from shindan.rules.base import Parameters, Wants
from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined

BENCHMARK = "benchmark"
"""Subject of the fact that says what was evaluated."""

_VERDICTS: Mapping[str, Verdict] = {
    "pass": "pass",
    "fixed": "pass",
    "fail": "fail",
    "error": "error",
    "unknown": "unknown",
    "notapplicable": "not_applicable",
    "notchecked": "manual",
    "informational": "manual",
}
_SEVERITIES: Mapping[str, Severity] = {"high": "High", "medium": "Medium", "low": "Low", "info": "Informational"}
_REASONS = {
    "error": "oscap could not evaluate it",
    "unknown": "oscap could not tell",
    "notapplicable": "by the content it does not apply to this host",
    "notchecked": "the content has no automatic check of it",
    "informational": "the content says no more than how it is",
}
_CIS = "https://www.cisecurity.org/benchmark/"
_WHOLE = Rule(
    "scap",
    "The host's SCAP content was evaluated",
    "Undefined",
    "Without an evaluation nothing is known of what the content asks for.",
    "See the reason, and docs/scap.md.",
)


class ScapPackage:
    """See `rules.base.HostPackage`. The rules are the content's; only what is said of them here is of ours."""

    name: PackageName = "scap"

    @property
    def version(self) -> str:
        """See `HostPackage.version`."""
        return package(self.name).version

    @property
    def wants(self) -> Wants:
        """See `HostPackage.wants`."""
        return Wants(("scap",))

    def evaluate(self, host: Examined, parameters: Parameters) -> Iterator[Outcome]:
        """See `HostPackage.evaluate`. Content that decides nothing about a host does not pass: it is for another.

        `parameters` of `scap` are what was asked for: `content`, `profile`, `sha256`; none: whatever there is.
        """
        try:
            about = host.one("scap", BENCHMARK)
            facts = [one for one in host.all("scap") if one.subject != BENCHMARK]
        except CannotTell as error:
            yield Outcome(_WHOLE, error.verdict, reason=error.reason)
            return
        if about is None or len(facts) != about.data.get("rules"):
            yield Outcome(_WHOLE, "error", reason="a part of the results is missing")
            return
        if not _is_meant(about, parameters.get("scap", {})):
            reason = f"the host's newest results are of another: {_named(about)}, SHA-256 {about.data.get('digest')}"
            yield Outcome(_WHOLE, "unknown", reason=reason)
            return
        if not any(one.data.get("result") in ("pass", "fail", "fixed") for one in facts):
            words = ", ".join(sorted({str(one.data.get("result")) for one in facts}))
            yield Outcome(_WHOLE, "error", reason=f"{_named(about)} decided nothing about this host ({words})")
        yield from (_outcome(one, about) for one in facts)


PACKAGE = ScapPackage()


def _is_meant(about: Fact, asked: Mapping[str, Any]) -> bool:
    """Whether results are of the content and profile that were asked for."""
    content, profile, digest = (str(about.data.get(key, "")) for key in ("content", "profile", "digest"))
    wanted = str(asked.get("profile", ""))
    return not asked or (
        content.rpartition("/")[2] == asked.get("content")
        and (profile == wanted or profile.endswith(f"_{wanted}"))
        and asked.get("sha256", "") in ("", digest)
    )


def _outcome(fact: Fact, about: Fact) -> Outcome:
    word = str(fact.data.get("result"))
    verdict = _VERDICTS.get(word, "unknown")
    reason = "; ".join(filter(None, (_REASONS.get(word, ""), str(fact.data.get("message", "")))))
    evidence = (Evidence(fact.subject, f"{word} by {_tool(about)}, {_named(about)}", "pass"),)
    return Outcome(_rule(fact, about), verdict, evidence=evidence if verdict in ("pass", "fail") else (), reason=reason)


def _rule(fact: Fact, about: Fact) -> Rule:
    data = fact.data
    how = str(data.get("how", "")) or ("See the content's own script." if data.get("fix") else "")
    return Rule(
        id=f"scap:{about.data.get('benchmark', '')}:{fact.subject}",
        title=str(data.get("title", "")) or fact.subject,
        severity=_SEVERITIES.get(str(data.get("severity")), "Undefined"),
        why=str(data.get("why", "")) or "The content gives no reason.",
        remedy=how or f"Do as the content says of {fact.subject}.",
        references=tuple(_references(data.get("idents", ()), data.get("references", ()))),
        fix=Fix(str(data.get("fix", ""))),
    )


def _references(idents: Iterable[object], references: Sequence[object]) -> Iterator[str]:
    """Identifiers first, then numbers of a CIS benchmark, by the address of just that; then the rest, as they are."""
    yield from map(str, idents)
    for text in map(str, references):
        address, _, numbers = text.rpartition(": ")
        if address.startswith(_CIS):
            yield f"CIS {numbers}"
    yield from (text for text in map(str, references) if not text.startswith(_CIS))


def _named(about: Fact) -> str:
    """Which content, and which profile of it."""
    data = about.data
    return f"profile {data.get('profile_title') or data.get('profile')} of {data.get('content')}"


def _tool(about: Fact) -> str:
    """`cpe:/a:redhat:openscap:1.3.7` as `openscap 1.3.7`."""
    parts = str(about.data.get("tool", "")).split(":")
    return " ".join(parts[-2:]) if len(parts) > 3 else "oscap"
