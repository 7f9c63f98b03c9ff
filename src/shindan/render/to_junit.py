"""A result as JUnit XML, in the form that Jenkins' xUnit plug-in publishes a schema of (junit-10.xsd).

A finding is a failed test of its package; what does not count, or could not be looked at, is a skipped one with its
reason; a feed that judged packages is a test that passed, so that a clean host is not an empty file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from shindan.model.result import Finding, ScanResult
from shindan.render.look import Look, Writer
from shindan.render.words import counted, fixed_in

# What XML 1.0 cannot hold (section 2.2), lone surrogates included.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Case:
    """One test: `kind` is `failure`, `skipped`, or "" for one that passed."""

    group: str
    name: str
    kind: str = ""
    message: str = ""
    text: str = ""
    type: str = ""


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    cases = cases_of(result)
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(f'<testsuites name="shindan" {_counts(cases)}>\n')
    suite(result, cases, stream)
    stream.write("</testsuites>\n")


def cases_of(result: ScanResult) -> list[Case]:
    """The tests of one host."""
    findings = (_finding_case(finding) for finding in result.findings)
    return [*findings, *_rule_cases(result), *_ledger_cases(result)]


def suite(result: ScanResult, cases: list[Case], stream: Writer) -> None:
    """Writes the suite of one host."""
    skipped = sum(case.kind == "skipped" for case in cases)
    stream.write(f'<testsuite name={_attribute(result.host.hostname)} {_counts(cases)} skipped="{skipped}"')
    stream.write(f' timestamp={_attribute(result.generated_at.removesuffix("Z"))} time="0">\n')
    stream.write("<properties>\n")
    for name, value in _properties(result).items():
        stream.write(f"<property name={_attribute(name)} value={_attribute(value)}/>\n")
    stream.write("</properties>\n")
    for case in cases:
        stream.write(_xml(case))
    stream.write("</testsuite>\n")


def _counts(cases: list[Case]) -> str:
    failures = sum(case.kind == "failure" for case in cases)
    return f'tests="{len(cases)}" failures="{failures}" errors="0"'


def _properties(result: ScanResult) -> dict[str, str]:
    host = result.host
    return {"platform": host.platform, "name": host.name, "kernel": host.kernel, "shindan": result.tool_version}


def _finding_case(finding: Finding) -> Case:
    package = finding.package
    group = f"{package.type}.{package.name}" if package else _group(finding)
    name = f"{finding.id} {package.version} {package.arch}".strip() if package else finding.id
    if not finding.counts:
        word = f"ignored: {finding.ignored}" if finding.ignored else f"not active: {finding.inactive_reason}"
        return Case(group, name, "skipped", word)
    message = (
        f"{finding.severity}: {finding.title or finding.id}; {fixed_in(finding)}"
        if package
        else f"{finding.severity}: {finding.title}"
    )
    reason = finding.reason
    lines = [reason.inventory, reason.record, reason.comparison, *reason.notes, finding.remedy, *finding.references[:3]]
    return Case(group, name, "failure", message, "\n".join(line for line in lines if line), finding.severity)


def _group(finding: Finding) -> str:
    return "system" if finding.rules_package == "cve" else f"rules.{finding.rules_package}"


def _rule_cases(result: ScanResult) -> Iterator[Case]:
    """Rules that hold, do not apply or could not be told; those that do not hold are findings."""
    for package, one in result.outcomes:
        name = " ".join([*one.controls[:1], one.rule.title, *([one.subject] if one.subject else [])])
        if one.verdict == "pass":
            yield Case(f"rules.{package}", name)
        elif one.verdict != "fail":
            yield Case(f"rules.{package}", name, "skipped", f"{one.verdict.replace('_', ' ')}: {one.reason}")


def _ledger_cases(result: ScanResult) -> Iterator[Case]:
    ledger = result.ledger
    for judged in ledger.judged:
        yield Case("ledger.judged", f"{counted(judged.packages, 'package')} by {judged.feed.name}")
    for one in ledger.not_judged:
        yield Case("ledger.not-judged", f"{counted(one.packages, 'package')}: {one.reason}", "skipped", one.text)
    for collector, reason in ledger.gaps:
        yield Case("ledger.gap", collector, "skipped", f"could not look: {reason}")
    for feed in ledger.stale:
        yield Case("ledger.stale", feed.name, "skipped", f"stale: its newest record is of {feed.newest[:10]}")


def _xml(case: Case) -> str:
    head = f'<testcase classname={_attribute(case.group)} name={_attribute(case.name)} time="0"'
    if not case.kind:
        return f"{head}/>\n"
    kind = f" type={_attribute(case.type)}" if case.type else ""
    text = _ascii(escape(_clean(case.text)))
    return f"{head}><{case.kind}{kind} message={_attribute(case.message)}>{text}</{case.kind}></testcase>\n"


def _attribute(text: str) -> str:
    return _ascii(quoteattr(_clean(text)))


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def _ascii(text: str) -> str:
    """With references for what is not ASCII: the file is right whatever encoding the stream has."""
    return text.encode("ascii", "xmlcharrefreplace").decode()
