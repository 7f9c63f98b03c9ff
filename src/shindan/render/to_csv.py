"""A result as CSV (RFC 4180): a line of names, then one finding a line. docs/result.md tells the columns.

Spreadsheets run cells that begin with `=`, `+`, `-`, `@`, a tab or a line break as formulas. Such a cell gets an
apostrophe in front, which a spreadsheet shows as text (OWASP, "CSV Injection"); a program that reads the file takes
it off again. A cell that begins with an apostrophe gets another, so nothing is lost. Figures are ours and need none.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass

from shindan.model.result import Finding, Package, ScanResult
from shindan.render.look import Look, Writer

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
_NO_PACKAGE = Package("", "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it means, and its cell of a finding."""

    name: str
    meaning: str
    cell: Callable[[Finding], str]


def _package(finding: Finding) -> Package:
    return finding.package or _NO_PACKAGE


def _yes(flag: bool) -> str:
    return "true" if flag else "false"


def _observed(finding: Finding) -> str:
    """The evidence; of a stored finding it is one text, which has what is wanted, too."""
    return "" if finding.rules_package == "cve" else finding.reason.inventory


def _wanted(finding: Finding) -> str:
    return "; ".join(dict.fromkeys(one.wanted for one in finding.evidence if one.wanted))


COLUMNS: tuple[Column, ...] = (
    Column("id", "The CVE id, else the vendor's own.", lambda f: f.id),
    Column("aliases", "Other ids of the very same flaw, separated by spaces.", lambda f: " ".join(f.aliases)),
    Column("severity", "The severity to show.", lambda f: f.severity),
    Column("active", "`false`: does not count, see `inactive_reason`.", lambda f: _yes(f.active)),
    Column("inactive_reason", "Why it does not count; empty where it does.", lambda f: f.inactive_reason),
    Column("ignored", "Why somebody ignores it, so that it does not count; else empty.", lambda f: f.ignored),
    Column("package", "The binary package; empty for a finding about the host.", lambda f: _package(f).name),
    Column("installed_version", "As the native tool prints it.", lambda f: _package(f).version),
    Column("fixed_version", "Empty where no fix can be had.", lambda f: f.fixed_version or ""),
    Column("state", "The vendor's state, normalised.", lambda f: f.state),
    Column("type", "`deb`, `rpm` or `apk`.", lambda f: _package(f).type),
    Column("arch", "The package's architecture.", lambda f: _package(f).arch),
    Column("source", "The source package.", lambda f: _package(f).source),
    Column("source_version", "The source package's version.", lambda f: _package(f).source_version),
    Column(
        "cvss", "Base score, 0.0 to 10.0; empty where there is none.", lambda f: f"{f.cvss.score}" if f.cvss else ""
    ),
    Column("cvss_vector", "The vector of that score.", lambda f: f.cvss.vector if f.cvss else ""),
    Column("epss", "Probability of exploitation, 0 to 1.", lambda f: f"{f.epss.score}" if f.epss else ""),
    Column("epss_percentile", "Share of ids that score no higher.", lambda f: f"{f.epss.percentile}" if f.epss else ""),
    Column("kev", "`true`: in CISA's catalogue of exploited flaws.", lambda f: _yes(f.kev is not None)),
    Column("kev_due", "The day by which the catalogue wants it mended.", lambda f: f.kev.due if f.kev else ""),
    Column("vendor_severity", "The vendor's own word.", lambda f: f.vendor_severity),
    Column("nvd_severity", "The severity of NVD's score.", lambda f: f.nvd_severity),
    Column("advisories", "The advisories it rests on, separated by spaces.", lambda f: " ".join(f.advisories)),
    Column("title", "The advisory's title.", lambda f: f.title),
    Column("comparison", "The comparison that was made.", lambda f: f.reason.comparison),
    Column("feed", "The feed whose word decided.", lambda f: f.feed.name if f.feed else ""),
    Column("generation", "That feed's generation.", lambda f: f.feed.generation if f.feed else ""),
    Column("rules_package", "The rules package that found it.", lambda f: f.rules_package),
    Column("controls", "Of a rule: benchmark and number, separated by `; `.", lambda f: "; ".join(f.controls)),
    Column("observed", "Of a rule: what was observed of what, separated by `; `.", _observed),
    Column("wanted", "Of a rule: what should be, separated by `; `; of stored findings in `observed`.", _wanted),
    Column("remedy", "Of a rule: what to do.", lambda f: "" if f.rules_package == "cve" else f.remedy),
)


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([column.name for column in COLUMNS])
    for finding in result.findings:
        writer.writerow([inert(column.cell(finding)) for column in COLUMNS])


def inert(cell: str) -> str:
    """A cell that no spreadsheet runs. NUL, which many readers refuse, becomes U+FFFD."""
    cell = cell.replace("\0", "\ufffd")
    return f"'{cell}" if cell.lstrip(" ").startswith(_RISKY) else cell
