"""The pages of the console that are looked at in a browser: a new one is a line here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """A page by its address, or by the first link on the page `at` whose address begins so (and is longer).

    `more` is put behind that link's address.
    """

    name: str
    path: str
    at: str = ""
    more: str = ""


PAGES = (
    Look("overview", "/console/"),
    Look("first run", "/console/first"),
    Look("hosts", "/console/hosts"),
    Look("host", "/console/hosts/i-", at="/console/hosts"),
    Look("agent tokens", "/console/hosts/tokens"),
    Look("new agent token", "/console/hosts/tokens/new"),
    Look("targets", "/console/targets"),
    Look("new target", "/console/targets/new"),
    Look("templates", "/console/templates"),
    Look("new template", "/console/templates/new"),
    Look("runs", "/console/runs"),
    Look("run", "/console/runs/0-", at="/console/runs"),
    Look("schedules", "/console/schedules"),
    Look("new schedule", "/console/schedules/new"),
    Look("schedule", "/console/schedules/", at="/console/schedules"),
    Look("schedule to change", "/console/schedules/", at="/console/schedules", more="/edit"),
    Look("findings", "/console/findings"),
    Look("findings narrowed", "/console/findings?severity=High&kev=no&tag=fleet%3Dweb&more=component"),
    Look("findings by rule", "/console/findings?by=rule&status=open&status=fixed"),
    Look("finding", "/console/findings/", at="/console/findings"),
    Look("finding of an own rule", "/console/findings/", at="/console/findings?package=cis&q=own"),
    Look("saved views", "/console/findings/views"),
    Look("suppressions", "/console/suppressions"),
    Look("rules", "/console/rules"),
    Look("rule", "/console/rules/", at="/console/rules"),
    Look("feeds", "/console/feeds"),
    Look("notifications", "/console/notifications"),
    Look("new channel", "/console/notifications/new"),
    Look("new tickets", "/console/notifications/new?tickets=jira"),
    Look("channel", "/console/notifications/", at="/console/notifications"),
    Look("channel to change", "/console/notifications/", at="/console/notifications", more="/edit"),
    Look("usage", "/console/usage"),
    Look("account", "/console/account"),
    Look("second factor", "/console/account/second-factor"),
    Look("users", "/console/users"),
    Look("new user", "/console/users/new"),
    Look("user", "/console/users/administrator"),
    Look("policies", "/console/policies"),
    Look("new policy", "/console/policies/new"),
    Look("policy", "/console/policies/ReadOnly"),
    Look("audit", "/console/audit"),
    Look("not found", "/console/no/such/page"),
)
