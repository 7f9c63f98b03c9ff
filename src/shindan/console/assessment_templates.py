"""Assessment templates: target, rules packages, duration and attributes; immutable, so that they are copied instead."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from shindan.console.must import allowed_of, must
from shindan.console.named import template_of
from shindan.console.page import Visit, link
from shindan.console.targets import tags_of
from shindan.model.arn import parse
from shindan.model.assessment import MIN_DURATION
from shindan.model.errors import ShindanError
from shindan.model.packages import PACKAGES, package_arn, package_of
from shindan.service import run_start, targets, templates

_MINUTES = (3, 15, 60, 480, 720, 1440)
_HOUR = 60
_TITLES = {one.name: one.title for one in PACKAGES}


def list_(visit: Visit) -> Response:
    """Every template, the newest first."""
    page = templates.list_(visit.service, visit.caller, token=visit.query("page") or None, max_results=25)
    shown = allowed_of(visit, "inspector:DescribeAssessmentTemplates", page.items)
    found = templates.describe(visit.service, visit.caller, shown).items if shown else ()
    names = {one.id: one.name for one in _targets(visit)}
    rows = [(one, names.get(one.target, ""), [_title(arn) for arn in one.packages]) for one in found]
    rights = {name: visit.may(f"inspector:{name}") for name in _RIGHTS}
    return visit.page("templates.html.jinja", rows=rows, next=page.next_token, rights=rights)


_RIGHTS = ("CreateAssessmentTemplate", "DeleteAssessmentTemplate", "StartAssessmentRun")


def form(visit: Visit) -> Response:
    """A new template, or a copy of another to be changed."""
    chosen: dict[str, Any] = {"name": "", "target": "", "minutes": _HOUR, "packages": list(_TITLES), "attributes": ()}
    if visit.query("copy"):
        arn, other = template_of(visit, visit.query("copy"))
        must(visit, "inspector:DescribeAssessmentTemplates", of=arn)
        packages = [package_of(parse(arn)) for arn in other.packages]
        chosen = {
            "name": visit.gettext("%(name)s, changed", name=other.name)[:140],
            "target": other.target,
            "minutes": other.duration // 60,
            "packages": packages,
            "attributes": other.attributes,
        }
    return _form(visit, chosen)


def create(visit: Visit) -> Response:
    """Makes it, and starts a run of it if that was asked for."""
    chosen: dict[str, Any] = {
        "name": visit.form.text("name"),
        "target": visit.form["target"],
        "minutes": visit.form.number("minutes") or 0,
        "packages": visit.form.all("package"),
        "attributes": tags_of(visit),
    }
    try:
        target = str(visit.caller.arn("target", str(chosen["target"])))
        must(visit, "inspector:CreateAssessmentTemplate", of=target)
        packages = [str(package_arn(visit.service.region, name)) for name in _TITLES if name in chosen["packages"]]
        seconds = max(MIN_DURATION, int(chosen["minutes"]) * 60)
        made = templates.create(
            visit.service, visit.caller, target, str(chosen["name"]), seconds, packages, chosen["attributes"]
        )
    except ShindanError as error:
        return _form(visit, chosen, error)
    if visit.form.yes("run"):
        must(visit, "inspector:StartAssessmentRun", of=str(made))
        begun = run_start.start(visit.service, visit.caller, str(made))
        return visit.redirect(link("runs", begun.id), visit.gettext("The assessment has begun."))
    return visit.redirect("/console/templates", visit.gettext("The template is made."))


def run(visit: Visit) -> Response:
    """Starts a run of it."""
    arn, _ = template_of(visit, visit.part("id"))
    must(visit, "inspector:StartAssessmentRun", of=arn)
    begun = run_start.start(visit.service, visit.caller, arn)
    return visit.redirect(link("runs", begun.id), visit.gettext("The assessment has begun."))


def delete(visit: Visit) -> Response:
    """Removes it with its runs."""
    arn, _ = template_of(visit, visit.part("id"))
    must(visit, "inspector:DeleteAssessmentTemplate", of=arn)
    templates.delete(visit.service, visit.caller, arn)
    return visit.redirect("/console/templates", visit.gettext("The template is removed."))


def _form(visit: Visit, chosen: dict[str, Any], error: ShindanError | None = None) -> Response:
    values: dict[str, Any] = {"chosen": chosen, "targets": _targets(visit), "titles": _TITLES, "minutes": _MINUTES}
    if error is not None:
        return visit.refused("template_new.html.jinja", error, **values)
    return visit.page("template_new.html.jinja", **values)


def _targets(visit: Visit) -> list[Any]:
    listed = targets.list_(visit.service, visit.caller, max_results=100).items
    names = allowed_of(visit, "inspector:DescribeAssessmentTargets", listed)
    found: list[Any] = []
    for start in range(0, len(names), 10):
        found += targets.describe(visit.service, visit.caller, names[start : start + 10]).items
    return found


def _title(arn: str) -> str:
    name = package_of(parse(arn))
    return _TITLES.get(name, arn) if name else arn
