"""The ways through the console, in the order in which they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from shindan.console.marking import N_


@dataclass(frozen=True, slots=True)
class Way:
    """A line of the navigation. `action` is what a caller must be allowed to do to see it; "": anybody."""

    path: str
    label: str
    icon: str
    action: str = ""


NAVIGATION: tuple[tuple[str, tuple[Way, ...]], ...] = (
    ("", (Way("/console/", N_("Overview"), "overview"),)),
    (
        N_("Fleet"),
        (
            Way("/console/hosts", N_("Hosts"), "hosts", "shindan:ListHosts"),
            Way("/console/targets", N_("Targets"), "targets", "inspector:ListAssessmentTargets"),
        ),
    ),
    (
        N_("Assessment"),
        (
            Way("/console/templates", N_("Templates"), "templates", "inspector:ListAssessmentTemplates"),
            Way("/console/runs", N_("Runs"), "runs", "inspector:ListAssessmentRuns"),
            Way("/console/schedules", N_("Schedules"), "schedules", "shindan:ListSchedules"),
        ),
    ),
    (
        N_("Results"),
        (
            Way("/console/findings", N_("Findings"), "findings", "shindan:ListFindings"),
            Way("/console/rules", N_("Rules"), "rules", "inspector:ListRulesPackages"),
        ),
    ),
    (
        N_("System"),
        (
            Way("/console/feeds", N_("Feeds"), "feeds", "shindan:ListFeeds"),
            Way("/console/notifications", N_("Notifications"), "notifications", "shindan:ListChannels"),
            Way("/console/usage", N_("Usage"), "usage", "shindan:GetUsage"),
        ),
    ),
    (
        N_("Administration"),
        (
            Way("/console/users", N_("Users and keys"), "users", "administrator"),
            Way("/console/audit", N_("Audit"), "audit", "shindan:ListAudit"),
        ),
    ),
)
"""Sections and their lines. A line is shown where its page exists and its visitor may see it."""
