"""A run on its way: followed to its end, and what it found told by words and exit code."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated, Any

import typer

from shindan.cli.asking import EXCLUSIONS, every
from shindan.cli.package_names import alias_of
from shindan.cli.printing import moment
from shindan.cli.terminal import coloured, complain, say
from shindan.model.run import ENDED

THRESHOLD_MET, NOT_WHOLE = 1, 3
_SEVERITIES = ("High", "Medium", "Low", "Informational", "Undefined")
_RANKED = ("high", "medium", "low", "informational")
_PAUSE = 1.0
_WORKER_SEEN = 60.0

FailOption = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="SEVERITY",
        help="Exit with 1 if the run finds anything of this severity or a higher one: high, medium, low. What has no"
        " severity (Undefined) does not count.",
        show_default=False,
    ),
]


def watched(asked: Any, arn: str, fail_on: str | None, form: str) -> None:
    """Shows how a run goes until it ends, then what it found; ends the command with the code that says how."""
    least = rank(fail_on)
    found = _followed(asked, arn)
    row = {**row_of(found, {}), "exclusions": len(every(asked, EXCLUSIONS, assessmentRunArn=arn))}
    if form == "json":
        typer.echo(json.dumps(row, indent=2))
    else:
        tally = ", ".join(f"{count:,} {name}" for name, count in row["findings"].items())
        typer.echo(f"{row['name']}: {row['state']}; {tally or 'no findings'}")
    if row["exclusions"]:
        say(f"not everything was judged, {row['exclusions']:,} exclusions say why: shindan run exclusions {arn}")
    if least is not None and any(row["findings"].get(name) for name in _SEVERITIES[: least + 1]):
        raise typer.Exit(THRESHOLD_MET)
    if found["state"] != "COMPLETED":
        complain(f"the run ended {found['state']}")
        raise typer.Exit(NOT_WHOLE)


def row_of(one: dict[str, Any], templates: dict[str, str]) -> dict[str, Any]:
    """A run as it is shown; `templates` are names by ARN."""
    return {
        "name": one["name"],
        "template": templates.get(one["assessmentTemplateArn"], one["assessmentTemplateArn"]),
        "packages": [alias_of(arn) for arn in one["rulesPackageArns"]],
        "state": one["state"],
        "started": moment(one["createdAt"] * 1000),
        "completed": moment(one["completedAt"] * 1000) if one.get("completedAt") else None,
        "findings": {name: one["findingCounts"][name] for name in _SEVERITIES if one["findingCounts"].get(name)},
        "arn": one["arn"],
    }


def rank(fail_on: str | None) -> int | None:
    """The place of a severity among those that are shown; a usage error for another word."""
    if fail_on is None:
        return None
    if fail_on.lower() not in _RANKED:
        raise typer.BadParameter(f"{fail_on!r}: choose one of {', '.join(_RANKED)}", param_hint="--fail-on")
    return _RANKED.index(fail_on.lower())


def need_worker(asked: Any, arn: str) -> None:
    """Ends the command where nobody would ever do the work: this data folder is not being served."""
    from shindan.service.status import worker_seen

    service = getattr(asked, "service", None)
    if service is not None and not worker_seen(service, _WORKER_SEEN):
        complain("nobody does the work: no server runs on this data folder", "start one with `shindan serve`; then ask"
                 f" again: shindan run watch {arn}")  # fmt: skip
        raise typer.Exit(NOT_WHOLE)


def _followed(asked: Any, arn: str) -> dict[str, Any]:
    """The run when it has ended. On a terminal one line tells its state; elsewhere a line for each state."""
    begun, told = time.monotonic(), ""
    live = coloured(sys.stderr)
    while True:
        answer = asked.call("DescribeAssessmentRuns", assessmentRunArns=[arn])
        if not answer["assessmentRuns"]:
            raise typer.BadParameter(f"there is no run {arn}", param_hint="RUN")
        found: dict[str, Any] = answer["assessmentRuns"][0]
        state = found["state"]
        if live:
            sys.stderr.write(f"\r\033[K{state.replace('_', ' ').lower()}, {time.monotonic() - begun:,.0f} s")
            sys.stderr.flush()
        elif state != told:
            say(state)
        told = state
        if state in ENDED:
            if live:
                sys.stderr.write("\r\033[K")
            return found
        need_worker(asked, arn)
        time.sleep(_PAUSE)
