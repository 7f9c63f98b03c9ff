"""One host: how it is, what is wrong with it, its packages, facts, exposure and runs; tagged, archived, removed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from shindan.console.first_run import run_link
from shindan.console.must import must
from shindan.console.page import Visit, link
from shindan.model.errors import ShindanError
from shindan.model.refusals import AccessDenied
from shindan.service import host_detail, hosts_admin
from shindan.service.tags_of_hosts import instance_arn

TAG, UNTAG = "ec2:CreateTags", "ec2:DeleteTags"
ARCHIVE, REMOVE = "shindan:ArchiveHost", "shindan:RemoveHost"


def show(visit: Visit) -> Response:
    """The host at a glance."""
    found = host_detail.show(visit.service, visit.caller, visit.part("id"))
    return visit.page("host.html.jinja", **_about(visit, found))


def packages(visit: Visit) -> Response:
    """Its packages, those with findings first."""
    id_ = visit.part("id")
    found = hosts_admin.show(visit.service, visit.caller, id_)
    try:
        rows = host_detail.packages(
            visit.service, visit.caller, id_, text=visit.query("q"), token=visit.query("page") or None
        )
    except AccessDenied:
        raise
    except ShindanError as error:
        return visit.page("host_packages.html.jinja", host=found, rows=None, error=error)
    return visit.page("host_packages.html.jinja", host=found, rows=rows, error=None)


def facts(visit: Visit) -> Response:
    """Its facts of one kind."""
    id_ = visit.part("id")
    found = host_detail.show(visit.service, visit.caller, id_)
    kind = visit.query("kind") or next(iter(found.kinds), "")
    if not kind or found.unreadable:
        return visit.page("host_facts.html.jinja", host=found.host, found=found, kind="", rows=None)
    rows = host_detail.facts(
        visit.service, visit.caller, id_, kind, text=visit.query("q"), token=visit.query("page") or None
    )
    return visit.page("host_facts.html.jinja", host=found.host, found=found, kind=kind, rows=rows, shown=shown)


def exposure(visit: Visit) -> Response:
    """What of it can be reached."""
    found = host_detail.exposure(visit.service, visit.caller, visit.part("id"))
    host = hosts_admin.show(visit.service, visit.caller, visit.part("id"))
    return visit.page("host_exposure.html.jinja", host=host, found=found)


def runs(visit: Visit) -> Response:
    """Runs that it took part in."""
    id_ = visit.part("id")
    found = host_detail.runs_of(visit.service, visit.caller, id_, token=visit.query("page") or None)
    host = hosts_admin.show(visit.service, visit.caller, id_)
    return visit.page("host_runs.html.jinja", host=host, found=found, run_link=run_link)


def change_tags(visit: Visit) -> Response:
    """Makes its tags those of the form."""
    id_ = visit.part("id")
    must(visit, TAG, UNTAG, of=instance_arn(visit.caller, id_))
    found = host_detail.show(visit.service, visit.caller, id_)
    given = visit.form.tags()
    wanted, before = dict(given), dict(found.host.tags)
    try:
        new = [(key, value) for key, value in wanted.items() if before.get(key) != value]
        if new:
            hosts_admin.tag(visit.service, visit.caller, id_, new)
        hosts_admin.untag(visit.service, visit.caller, id_, [key for key in before if key not in wanted])
    except ShindanError as error:
        return visit.refused("host.html.jinja", error, **_about(visit, found, given))
    return visit.redirect(link("hosts", id_), visit.gettext("The tags are changed."))


def archive(visit: Visit) -> Response:
    """Takes it out of lists, or back in."""
    must(visit, ARCHIVE)
    away = visit.form.yes("archived")
    hosts_admin.archive(visit.service, visit.caller, visit.part("id"), away)
    said = visit.gettext("The host is archived.") if away else visit.gettext("The host is back.")
    return visit.redirect(link("hosts", visit.part("id")), said)


def remove(visit: Visit) -> Response:
    """Forgets it."""
    must(visit, REMOVE)
    id_ = visit.part("id")
    try:
        hosts_admin.remove(visit.service, visit.caller, id_)
    except ShindanError as error:
        found = host_detail.show(visit.service, visit.caller, id_)
        return visit.refused("host.html.jinja", error, **_about(visit, found))
    return visit.redirect("/console/hosts", visit.gettext("The host is removed."))


def _about(visit: Visit, found: Any, tags: list[tuple[str, str]] | None = None) -> dict[str, Any]:
    told = {(one.code, one.detail) for said in found.said for one in said.exclusions}
    instance = instance_arn(visit.caller, found.host.id)
    return {
        "host": found.host,
        "found": found,
        "run_link": run_link,
        "others": [one for one in found.exclusions if (one.code, one.detail) not in told],
        "tags": list(found.host.tags) if tags is None else tags,
        "editing": tags is not None,
        "may_tag": visit.may(TAG, instance) and visit.may(UNTAG, instance) and not found.host.archived,
        "may_archive": visit.may(ARCHIVE),
        "may_remove": visit.may(REMOVE),
        "cost": {name: value for name, value in found.cost.items() if isinstance(value, int | float)},
    }


def shown(value: Any) -> str:
    """A field of a fact as people read it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool | None):
        return json.dumps(value)
    if isinstance(value, int) and 1_000_000_000 <= value < 4_000_000_000:
        return f"{value} ({datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M} UTC)"
    return str(value)
