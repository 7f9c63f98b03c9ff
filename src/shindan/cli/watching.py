"""A run on its way: followed to its end, and what it found told by words and exit code."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from shindan.cli.asking import EXCLUSIONS, every
from shindan.cli.package_names import alias_of
from shindan.cli.printing import moment
from shindan.cli.run_files import RunFile, write
from shindan.cli.terminal import Interrupted, coloured, complain, say
from shindan.model.run import ENDED, EVALUATED

THRESHOLD_MET, NOT_WHOLE = 1, 3
_SEVERITIES = ("High", "Medium", "Low", "Informational", "Undefined")
_PAUSE = 1.0
_WORKER_SEEN = 60.0

FailOption = Annotated[
    str | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with 1 if the run finds any of it: high, medium, low (or worse), kev, cvss>=9, new; several with"
        " commas, and high+new for both at once. What is suppressed or has no severity does not count.",
        show_default=False,
    ),
]
ExclusionsOption = Annotated[
    bool, typer.Option("--fail-on-exclusions", help="Exit with 3 if anything could not be judged.")
]
InterruptOption = Annotated[
    bool, typer.Option("--stop-on-interrupt", help="On Ctrl-C or SIGTERM end the run, too, without findings.")
]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command that watches a run is to end; `files` are written when it has ended."""

    fail_on: str | None = None
    fail_on_exclusions: bool = False
    stop_on_interrupt: bool = False
    files: tuple[RunFile, ...] = ()


def watched(asked: Any, arn: str, ending: Ending, form: str) -> None:
    """Shows how a run goes until it ends, then what it found; ends the command with the code that says how."""
    found = _followed(asked, arn, ending)
    row = {**row_of(found, {}), "exclusions": len(every(asked, EXCLUSIONS, assessmentRunArn=arn))}
    if ending.fail_on is not None:
        row["verdict"] = asked.own("GetRunVerdict", run=arn, fail_on=[ending.fail_on])
    if found["state"] in EVALUATED:
        write(asked, arn, ending.files, need_worker)
    elif ending.files:
        say(f"a run that ended {found['state']} has no report: {', '.join(str(one.path) for one in ending.files)}"
            " not written")  # fmt: skip
    if form == "json":
        typer.echo(json.dumps(row, indent=2))
    else:
        tally = ", ".join(f"{count:,} {name}" for name, count in row["findings"].items())
        typer.echo(f"{row['name']}: {row['state']}; {tally or 'no findings'}")
    if row["exclusions"]:
        say(f"not everything was judged, {row['exclusions']:,} exclusions say why: shindan run exclusions {arn}")
    if row.get("verdict", {}).get("met"):
        _tell_verdict(row["verdict"])
        raise typer.Exit(THRESHOLD_MET)
    if found["state"] != "COMPLETED":
        complain(f"the run ended {found['state']}")
        raise typer.Exit(NOT_WHOLE)
    if row["exclusions"] and ending.fail_on_exclusions:
        complain("something could not be judged, and --fail-on-exclusions was said")
        raise typer.Exit(NOT_WHOLE)


def _tell_verdict(verdict: dict[str, Any]) -> None:
    met = ", ".join(f"{word} by {number:,}" for word, number in verdict["met"].items())
    say(f"--fail-on is met: {met}: {', '.join(verdict['worst'])}")
    if verdict["suppressed"]:
        say(f"{verdict['suppressed']:,} suppressed findings do not count")


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


def ending(
    fail_on: str | None,
    fail_on_exclusions: bool = False,
    stop_on_interrupt: bool = False,
    files: tuple[RunFile, ...] = (),
) -> Ending:
    """How a command is to end; a usage error for thresholds that cannot be read."""
    if fail_on is not None:
        from shindan.service.run_verdict import parse

        try:
            parse(fail_on)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--fail-on") from None
    return Ending(fail_on, fail_on_exclusions, stop_on_interrupt, files)


def need_worker(asked: Any, arn: str = "") -> None:
    """Ends the command where nobody would ever do the work: this data folder is not being served."""
    from shindan.service.status import worker_seen

    service = getattr(asked, "service", None)
    if service is not None and not worker_seen(service, _WORKER_SEEN):
        complain("nobody does the work: no server runs on this data folder", "start one with `shindan serve`; then ask"
                 f" again{f': shindan run watch {arn}' if arn else ''}")  # fmt: skip
        raise typer.Exit(NOT_WHOLE)


def _followed(asked: Any, arn: str, ending: Ending) -> dict[str, Any]:
    """The run when it has ended. Who interrupts it is asked, or said before, whether the run is to end, too."""
    with _terminated_as_interrupted():
        try:
            return _watch(asked, arn)
        except KeyboardInterrupt:
            _interrupted(asked, arn, ending)
            raise Interrupted from None


def _watch(asked: Any, arn: str) -> dict[str, Any]:
    """On a terminal one line tells the run's state; elsewhere a line for each state."""
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


def _interrupted(asked: Any, arn: str, ending: Ending) -> None:
    say("")
    stop = ending.stop_on_interrupt
    if not stop and sys.stdin.isatty() and sys.stderr.isatty():
        stop = typer.confirm("Stop the run, too?", default=False, err=True)
    if stop:
        asked.call("StopAssessmentRun", assessmentRunArn=arn, stopAction="SKIP_EVALUATION")
        say(f"interrupted; the run is stopped without findings: {arn}")
    else:
        say(f"interrupted; the run goes on: shindan run watch {arn}")


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """What schedulers send when a job is aborted (SIGTERM) is heard as Ctrl-C is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
