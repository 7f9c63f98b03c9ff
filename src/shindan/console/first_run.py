"""The way from nothing to the first findings: a token, the line to copy, the host appears, one click, progress."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from shindan.console.must import must
from shindan.console.page import ADMINISTRATOR, Visit, link
from shindan.model.arn import Arn, parse
from shindan.model.assessment import MIN_DURATION
from shindan.model.errors import ShindanError
from shindan.model.overview import Overview
from shindan.model.packages import PACKAGES, package_arn
from shindan.service import agent_tokens, host_pages, overview, run_start, targets, templates

ADDRESS = "/console/first"
TOKEN_SECONDS = 7 * 86_400
TARGET, TEMPLATE = "All hosts", "All rules packages"
_ACTIONS = (
    "inspector:CreateAssessmentTarget",
    "inspector:CreateAssessmentTemplate",
    "inspector:StartAssessmentRun",
)
_SHOWN = 5


def is_due(found: Overview) -> bool:
    """Whether nothing was judged yet: the overview would have nothing to show."""
    return not found.hosts or not found.coverage


def show(visit: Visit) -> Response:
    """The guide, at whatever step the account is."""
    return page(visit, _now(visit))


def page(visit: Visit, found: Overview, lines: list[str] | None = None) -> Response:
    """The guide; `lines` are what to type on a host, right after a token was made."""
    return visit.page("first.html.jinja", lines=lines or [], **_steps(visit, found))


def live(visit: Visit) -> Response:
    """Hosts as they come, and how far their assessment is."""
    return visit.live(lambda: visit.part_of("first_steps.html.jinja", **_steps(visit, _now(visit))))


def make_token(visit: Visit) -> Response:
    """Makes a token for a week, and shows what to type."""
    try:
        made = agent_tokens.create(visit.service, visit.caller, seconds=TOKEN_SECONDS)
    except ShindanError as error:
        return visit.refused("first.html.jinja", error, lines=[], **_steps(visit, _now(visit)))
    return page(visit, _now(visit), list(visit.options.install_lines(made.text)))


def assess(visit: Visit) -> Response:
    """Starts a run of every host with every rules package; target and template are made where there are none."""
    must(visit, *_ACTIONS)
    try:
        target = _target(visit)
        must(visit, "inspector:CreateAssessmentTemplate", of=target)
        template = _template(visit, target)
        must(visit, "inspector:StartAssessmentRun", of=template)
        run_start.start(visit.service, visit.caller, template)
    except ShindanError as error:
        return visit.refused("first.html.jinja", error, lines=[], **_steps(visit, _now(visit)))
    return visit.redirect(ADDRESS, visit.gettext("The assessment has begun."))


def run_link(arn: str) -> str:
    """The page of a run."""
    return link("runs", parse(arn).id)


def _now(visit: Visit) -> Overview:
    return overview.show(visit.service, visit.caller, days=1)


def _steps(visit: Visit, found: Overview) -> dict[str, Any]:
    newest = host_pages.list_(visit.service, visit.caller, sort="seen", max_results=_SHOWN)
    return {
        "found": found,
        "rows": newest.rows,
        "done": not is_due(found) and not found.runs,
        "may_make": visit.may(ADMINISTRATOR),
        "may_assess": all(visit.may(action) for action in _ACTIONS),
        "run_link": run_link,
    }


def _target(visit: Visit) -> str:
    """The oldest target of all hosts, or a new one."""
    listed = targets.list_(visit.service, visit.caller, max_results=100).items
    known = targets.describe(visit.service, visit.caller, listed[-10:]).items if listed else []
    mine = [one for one in known if one.group is None]
    if mine:
        return str(visit.caller.arn("target", mine[-1].id))
    return str(targets.create(visit.service, visit.caller, TARGET))


def _template(visit: Visit, target: str) -> str:
    """A template of the target with every rules package that collects no longer than it must, or a new one."""
    wanted = [str(package_arn(visit.service.region, one.name)) for one in PACKAGES]
    listed = templates.list_(visit.service, visit.caller, targets=[target], max_results=100).items
    known = templates.describe(visit.service, visit.caller, listed[-10:]).items if listed else []
    for one in known:
        if one.duration == MIN_DURATION and set(one.packages) == set(wanted):
            return str(_arn(visit, one.target, one.id))
    return str(templates.create(visit.service, visit.caller, target, TEMPLATE, MIN_DURATION, wanted))


def _arn(visit: Visit, target: str, template: str) -> Arn:
    return visit.caller.arn("template", target, template)
