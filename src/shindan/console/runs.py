"""Assessment runs: how far they are, what they found, what they could not judge, and what can be downloaded."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import RedirectResponse, Response

from shindan.console.must import allowed_of, must
from shindan.console.named import run_of
from shindan.console.page import Visit, link
from shindan.model import exclusion_detail
from shindan.model.arn import parse
from shindan.model.exclusion import REASONS, Exclusion
from shindan.model.packages import PACKAGES, package_of
from shindan.model.run import ENDED
from shindan.service import exclusions, reports, run_start, runs

DESCRIBE = "inspector:DescribeAssessmentRuns"
STATES: tuple[str, ...] = (
    "COLLECTING_DATA",
    "EVALUATING_RULES",
    "COMPLETED",
    "COMPLETED_WITH_ERRORS",
    "FAILED",
    "CANCELED",
)
_SHOWN = 50
_GOOD = re.compile(r"https?://[^\s]+")


def list_(visit: Visit) -> Response:
    """Every run, the newest first."""
    states = [one for one in visit.queries("state") if one in STATES]
    page = runs.list_(visit.service, visit.caller, states=states, token=visit.query("page") or None, max_results=25)
    shown = allowed_of(visit, DESCRIBE, page.items)
    found = runs.describe(visit.service, visit.caller, shown).items if shown else ()
    return visit.page("runs.html.jinja", found=found, next=page.next_token, states=STATES)


def show(visit: Visit) -> Response:
    """One run."""
    return visit.page("run.html.jinja", **_all(visit))


def live(visit: Visit) -> Response:
    """What changes while it goes on, whenever it changes; None once it has ended: the page is then loaded anew."""
    arn, view = run_of(visit)
    must(visit, DESCRIBE, of=arn)

    def ask() -> str | None:
        now = runs.describe(visit.service, visit.caller, [arn]).items
        if not now or now[0].run.ended:
            return None if not view.run.ended else ""
        return visit.part_of("run_live.html.jinja", **_moving(visit, arn, now[0]))

    return visit.live(ask)


def stop(visit: Visit) -> Response:
    """Ends collection and evaluates what came, or leaves evaluation out."""
    arn, _ = run_of(visit)
    must(visit, "inspector:StopAssessmentRun", of=arn)
    runs.stop(visit.service, visit.caller, arn, "SKIP_EVALUATION" if visit.form.yes("skip") else "START_EVALUATION")
    return visit.redirect(link("runs", visit.part("id")), visit.gettext("The run is being stopped."))


def delete(visit: Visit) -> Response:
    """Removes a run with all that it found."""
    arn, _ = run_of(visit)
    must(visit, "inspector:DeleteAssessmentRun", of=arn)
    runs.delete(visit.service, visit.caller, arn)
    return visit.redirect("/console/runs", visit.gettext("The run is removed."))


def again(visit: Visit) -> Response:
    """Starts another run of the same template."""
    template = str(parse(run_of(visit)[0]).parent)
    must(visit, "inspector:StartAssessmentRun", of=template)
    begun = run_start.start(visit.service, visit.caller, template)
    return visit.redirect(link("runs", begun.id), visit.gettext("The assessment has begun."))


def report(visit: Visit) -> Response:
    """Asks for a report; leads to it once it is there."""
    arn, _ = run_of(visit)
    must(visit, "inspector:GetAssessmentReport", of=arn)
    type_ = "FULL" if visit.query("type") == "FULL" else "FINDING"
    format_ = visit.query("format", "HTML")
    status, address = reports.get(visit.service, visit.caller, arn, format_, type_, visit.words.language)
    if address is not None and _GOOD.fullmatch(address):
        path = "/" + address.split("/", 3)[3]
        return RedirectResponse(path, status_code=303)
    if status == "FAILED":
        why = reports.why_not(visit.service, visit.caller, arn, format_, type_, visit.words.language)
        return visit.redirect(link("runs", visit.part("id")), why, "bad")
    said = visit.gettext("The report is being made: ask for it again in a moment.")
    return visit.redirect(link("runs", visit.part("id")), said, "note")


def _all(visit: Visit) -> dict[str, Any]:
    arn, view = run_of(visit)
    must(visit, DESCRIBE, of=arn)
    values = _moving(visit, arn, view)
    names = exclusions.list_(visit.service, visit.caller, arn, max_results=100).items if view.run.ended else ()
    told = exclusions.describe(visit.service, visit.caller, names).items if names else ()
    chosen = [package_of(parse(one)) for one in view.run.packages]
    titles = [one.title for one in PACKAGES if one.name in chosen]
    rights = {name: visit.may(f"inspector:{name}AssessmentRun", arn) for name in ("Stop", "Delete")}
    rights["Start"] = visit.may("inspector:StartAssessmentRun", str(parse(arn).parent))
    return {**values, "exclusions": [_worded(visit, one) for one in told], "titles": titles, "rights": rights}


def _worded(visit: Visit, one: Exclusion) -> tuple[str, str, str, list[str]]:
    """Title, what happened, what to do, and the hosts, in the visitor's language."""
    why = exclusion_detail.described(REASONS[one.code].description, one.detail, visit.gettext)
    hosts = [value for key, value in one.scopes if key == "INSTANCE_ID"]
    return visit.gettext(one.title), why, visit.gettext(one.recommendation), hosts


def _moving(visit: Visit, arn: str, view: Any) -> dict[str, Any]:
    members = runs.agents(visit.service, visit.caller, arn, max_results=_SHOWN)
    return {
        "run": view.run,
        "states": view.states,
        "told": view.notifications,
        "members": members.items,
        "more": members.next_token is not None,
        "delivered": sum(one.delivered_at is not None for one in members.items),
        "ended": view.run.state in ENDED,
    }
