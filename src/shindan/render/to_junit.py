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
class _Case:
    """One test: `kind` is `failure`, `skipped`, or "" for one that passed."""

    group: str
    name: str
    kind: str = ""
    message: str = ""
    text: str = ""
    type: str = ""


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    cases = [*(_finding_case(finding) for finding in result.findings), *_ledger_cases(result)]
    failures, skipped = (sum(case.kind == kind for case in cases) for kind in ("failure", "skipped"))
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(f'<testsuites name="shindan" {counts}>\n')
    stream.write(f'<testsuite name={_attribute(result.host.hostname)} {counts} skipped="{skipped}"')
    stream.write(f' timestamp={_attribute(result.generated_at.removesuffix("Z"))} time="0">\n')
    stream.write("<properties>\n")
    for name, value in _properties(result).items():
        stream.write(f"<property name={_attribute(name)} value={_attribute(value)}/>\n")
    stream.write("</properties>\n")
    for case in cases:
        stream.write(_xml(case))
    stream.write("</testsuite>\n</testsuites>\n")


def _properties(result: ScanResult) -> dict[str, str]:
    host = result.host
    return {"platform": host.platform, "name": host.name, "kernel": host.kernel, "shindan": result.tool_version}


def _finding_case(finding: Finding) -> _Case:
    package = finding.package
    group = f"{package.type}.{package.name}" if package else "system"
    name = f"{finding.id} {package.version} {package.arch}".strip() if package else finding.id
    if not finding.counts:
        word = f"ignored: {finding.ignored}" if finding.ignored else f"not active: {finding.inactive_reason}"
        return _Case(group, name, "skipped", word)
    message = f"{finding.severity}: {finding.title or finding.id}; {fixed_in(finding)}"
    reason = finding.reason
    lines = [reason.inventory, reason.record, reason.comparison, *reason.notes, *finding.references[:3]]
    return _Case(group, name, "failure", message, "\n".join(lines), finding.severity)


def _ledger_cases(result: ScanResult) -> Iterator[_Case]:
    ledger = result.ledger
    for judged in ledger.judged:
        yield _Case("ledger.judged", f"{counted(judged.packages, 'package')} by {judged.feed.name}")
    for one in ledger.not_judged:
        yield _Case("ledger.not-judged", f"{counted(one.packages, 'package')}: {one.reason}", "skipped", one.text)
    for collector, reason in ledger.gaps:
        yield _Case("ledger.gap", collector, "skipped", f"could not look: {reason}")
    for feed in ledger.stale:
        yield _Case("ledger.stale", feed.name, "skipped", f"stale: its newest record is of {feed.newest[:10]}")


def _xml(case: _Case) -> str:
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
