"""Assessment targets: which hosts are meant, by their tags, with those that are meant now."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from shindan.console.must import allowed_of, must
from shindan.console.named import target_of
from shindan.console.page import Visit
from shindan.model.assessment import Pairs, Target
from shindan.model.errors import ShindanError
from shindan.service import groups, host_pages, targets


def list_(visit: Visit) -> Response:
    """Every target, with its tags and how many hosts it has now."""
    page = targets.list_(visit.service, visit.caller, token=visit.query("page") or None, max_results=25)
    shown = allowed_of(visit, "inspector:DescribeAssessmentTargets", page.items)
    found = targets.describe(visit.service, visit.caller, shown).items if shown else ()
    rows = [(one, _tags(visit, one)) for one in found]
    counted = [(one, tags, host_pages.preview(visit.service, visit.caller, tags).total) for one, tags in rows]
    return visit.page("targets.html.jinja", rows=counted, next=page.next_token, **_rights(visit))


def form(visit: Visit) -> Response:
    """A new target."""
    return visit.page("target_new.html.jinja", name="", tags=(), preview=None)


def create(visit: Visit) -> Response:
    """Makes it, or shows which hosts it would have."""
    name = visit.form.text("name")
    tags = tuple((key, value or None) for key, value in tags_of(visit))  # any value
    try:
        if visit.form.yes("preview"):
            found = host_pages.preview(visit.service, visit.caller, tags or None)
            return visit.page("target_new.html.jinja", name=name, tags=tags, preview=found)
        group = _group(visit, tags) if tags else ""
        must(visit, "inspector:CreateAssessmentTarget", of=group)
        targets.create(visit.service, visit.caller, name, group or None)
    except ShindanError as error:
        return visit.refused("target_new.html.jinja", error, name=name, tags=tags, preview=None)
    return visit.redirect("/console/targets", visit.gettext("The target is made."))


def delete(visit: Visit) -> Response:
    """Removes it with its templates and runs."""
    arn, _ = target_of(visit, visit.part("id"))
    must(visit, "inspector:DeleteAssessmentTarget", of=arn)
    targets.delete(visit.service, visit.caller, arn)
    return visit.redirect("/console/targets", visit.gettext("The target is removed."))


def _group(visit: Visit, tags: Pairs) -> str:
    must(visit, "inspector:CreateResourceGroup")
    return str(groups.create(visit.service, visit.caller, tags))


def tags_of(visit: Visit) -> Pairs:
    """The pairs of a tags editor; rows without a key are none."""
    pairs = zip(_fields(visit, "tag_key"), _fields(visit, "tag_value"), strict=False)
    return tuple((key, value) for key, value in pairs if key)


def _fields(visit: Visit, name: str) -> list[str]:
    return [value.strip() for key, value in visit.form.pairs if key == name]


def _tags(visit: Visit, target: Target) -> Pairs | None:
    if target.group is None:
        return None
    arn = str(visit.caller.arn("resourcegroup", target.group))
    return groups.describe(visit.service, visit.caller, [arn]).items[0].tags


def _rights(visit: Visit) -> dict[str, Any]:
    return {
        "may_create": visit.may("inspector:CreateAssessmentTarget"),
        "may_delete": visit.may("inspector:DeleteAssessmentTarget"),
    }
