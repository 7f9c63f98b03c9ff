"""Every word of a run's report that is ours, in the reader's language; texts of rules and findings stay English."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from shindan.locale import translator
from shindan.model.report import ReportType
from shindan.model.stored_finding import ShownSeverity


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: `text` of a message, `counted` of one with a number in it; moments and figures as it has them."""

    language: str

    def text(self, message: str) -> str:
        """A message in the language."""
        return translator(self.language).gettext(message)

    def counted(self, one: str, many: str, number: int) -> str:
        """A message that depends on a number, which it calls `n`."""
        return translator(self.language).ngettext(one, many, number).format(n=self.number(number))

    def number(self, value: int) -> str:
        """A number with its thousands apart."""
        return f"{value:,}"

    def moment(self, at: int | None) -> str:
        """A moment (ms since the epoch), in UTC; "–" for none."""
        if at is None:
            return "–"
        # Babel takes 40 ms to load, which servers without readers go without.
        from shindan.locale import formats

        return f"{formats.moment(at, self.language)} UTC"


def hosts(tongue: Tongue, number: int) -> str:
    """How many hosts."""
    ngettext = tongue.counted
    return ngettext("{n} host", "{n} hosts", number)


@functools.cache
def kinds(tongue: Tongue) -> dict[ReportType, str]:
    """What a report is called."""
    _ = tongue.text
    return {"FINDING": _("Findings report"), "FULL": _("Full report")}


@functools.cache
def severities(tongue: Tongue) -> dict[ShownSeverity, str]:
    """The words for severities."""
    _ = tongue.text
    return {
        "High": _("High"),
        "Medium": _("Medium"),
        "Low": _("Low"),
        "Informational": _("Informational"),
        "Undefined": _("Undefined"),
    }


@functools.cache
def reasons(tongue: Tongue) -> dict[str, str]:
    """Why packages were not compared with advisories (`rules.cve.coverage.WhyNot`)."""
    _ = tongue.text
    return {
        "no-feed": _("no feed speaks for their platform"),
        "foreign-origin": _("not the distribution's own"),
        "unsupported-release": _("their release is not supported"),
        "not-examined": _("the archive has newer versions whose changelogs were not read"),
        "not-in-archive": _("the configured archives do not offer their sources"),
        "debug-symbols": _("debugging symbols, which do not run"),
        "no-program": _("no programs"),
    }


@functools.cache
def labels(tongue: Tongue) -> dict[str, str]:
    """Headings and words that stand alone."""
    _ = tongue.text
    return {
        "target": _("Target"),
        "template": _("Template"),
        "began": _("Collection began"),
        "ended": _("Run ended"),
        "made": _("Report made"),
        "run": _("Run"),
        "duration": _("Duration asked for"),
        "findings": _("Findings"),
        "hosts": _("Hosts"),
        "number": _("No."),
        "host": _("Host"),
        "system": _("System"),
        "evaluated": _("Evaluated"),
        "hosts_judged": _("Hosts judged in full"),
        "in_part": _("in part"),
        "not_at_all": _("no: nothing was delivered"),
        "yes": _("yes"),
        "unknown": _("unknown"),
        "which": _("which"),
        "not_everything": _("Not everything was judged."),
        "see_exclusions": _("What was left out, and why."),
        "not_listed": _("What is not listed in this report was not necessarily looked at."),
        "none": _("There are none."),
        "what_to_do": _("What to do"),
        "details": _("Details"),
        "record": _("Record"),
        "yours": _("yours"),
        "left_out": _("What was not judged"),
        "nothing_left_out": _("Nothing was left out."),
        "reason": _("Reason"),
        "where": _("Where"),
        "whole_run": _("the whole run"),
        "no_hosts": _("The target had no hosts."),
        "packages": _("Rules packages"),
        "package": _("Package"),
        "version": _("Version"),
        "rules": _("Rules"),
        "rule": _("Rule"),
        "section": _("Section"),
        "passed": _("Pass"),
        "failed": _("Fail"),
        "not_applicable": _("Not applicable"),
        "manual": _("By hand"),
        "not_told": _("Could not be told"),
        "score": _("Score"),
        "all_sections": _("All sections"),
        "rules_note": _(
            "Counted for each host. The score is the share of what passed among what passed or failed; what is not "
            "applicable, is to be looked at by hand or could not be told is no part of it."
        ),
        "checked": _("Known flaws that were looked for"),
        "checked_note": _(
            "The package for common vulnerabilities has no fixed list of rules: it compares every installed package "
            "with all advisories in force. Listed is what that is known to have come to: flaws that were found, and "
            "flaws that were found on these hosts before and were gone by this run."
        ),
        "failed_on": _("Found on"),
        "mended_on": _("Mended on"),
        "mended": _("Mended"),
        "compared": _("What installed packages were compared with"),
        "feed": _("Source of advisories"),
        "newest": _("Newest record"),
        "generation": _("Generation"),
        "installed": _("Installed packages"),
        "not_compared": _("not compared"),
        "by_severity": _("Findings by severity"),
        "by_host": _("Hosts with most findings"),
        "by_package": _("Findings by rules package"),
        "by_fix": _("Updates that remove most findings"),
        "summary": _("Summary"),
        "completed": _("completed"),
        "with_errors": _("completed with errors"),
        "tailored": _("What was judged otherwise"),
        "tailored_note": _(
            "What the account wanted otherwise of rules when this run was judged. A rule that is switched off counts "
            "as not applicable."
        ),
        "as_shipped": _("Nothing: every rule was judged as it ships."),
        "change": _("Change"),
        "why": _("Why"),
        "by": _("By"),
        "until": _("Until"),
        "all_hosts": _("all hosts"),
        "for_ever": _("without end"),
        "switched_off": _("switched off"),
        "hosts_with": _("hosts with {tags}"),
        "severity_set": _("severity {word}"),
        "own_zones": _("From where packets come is the account's own file of zones."),
        "english": _("Texts of rules and findings are in English."),
    }
