"""`shindan apply`, `shindan export` and `shindan import-inspector`: configuration as a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.tables import check_format
from shindan.cli.terminal import coloured, say

CHANGED = 2
_LARGEST_STATE = 200_000_000
_SIGNS = {"create": ("+", 32), "update": ("~", 33), "replace": ("±", 31), "delete": ("-", 31)}  # noqa: RUF100


def apply(
    file: Annotated[
        list[str], typer.Option("--file", "-f", metavar="FILE", help="What to apply; - reads stdin; may be repeated.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "--diff", help="Only show what would change, and what would be refused.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what an earlier file of this name made and this one has not.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove templates that are to be others, with their runs, and make anew.")
    ] = False,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 where something changed, or would.")
    ] = False,
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Bring targets, templates, schedules and all else to what a file says: all of a document, or nothing.

    Exit codes: 0 done; 1 refused, nothing was changed; 2 usage, or with --detailed-exitcode that something changed.

    Examples: shindan apply -f fleet.yaml --diff      shindan apply -f fleet.yaml --prune
    """
    check_format(form)
    from shindan.service.fleet.yaml_file import LARGEST, read

    documents = [one for name in file for one in read(_content(name, LARGEST), name)]
    changes: list[dict[str, Any]] = []
    with api(endpoint, data, account) as asked:
        for one in documents:
            made = _applied(asked, one, {"dry_run": dry_run, "prune": prune, "replace": replace})
            changes += made
            if form != "json":
                _show(made)
    if form == "json":
        typer.echo(json.dumps({"dry_run": dry_run, "changes": changes}, indent=2))
    else:
        _tell(changes, dry_run=dry_run, replace=replace)
    if detailed and changes:
        raise typer.Exit(CHANGED)


def _applied(asked: Any, one: Any, how: dict[str, bool]) -> list[dict[str, Any]]:
    """What a document (`yaml_file.Read`) changed, or would. Raises FleetFileError that names file and line."""
    from shindan.model.errors import ShindanError
    from shindan.service.fleet.document import plain
    from shindan.service.fleet.yaml_file import FleetFileError

    try:
        changes: list[dict[str, Any]] = asked.own("ApplyFleet", document=plain(one.fleet), **how)["changes"]
    except ShindanError as error:
        raise FleetFileError(one.where(_plain(str(error))), remedy=error.remedy) from error
    return changes


def export(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where to; by default stdout.", show_default=False),
    ] = None,
    fleet: Annotated[
        str, typer.Option("--fleet", metavar="NAME", help="The name that the document is to have.")
    ] = "default",
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Write targets, templates, schedules and all else as a file that `shindan apply` takes.

    Example: shindan export -o fleet.yaml
    """
    from shindan.service.fleet.document import of_plain
    from shindan.service.fleet.yaml_file import written

    with api(endpoint, data, account) as asked:
        document = asked.own("GetFleet", fleet=fleet)["document"]
    _write(written(of_plain(document)), out)


def import_inspector(
    file: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Terraform states, or what `aws inspector describe-…` printed."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where to; by default stdout.", show_default=False),
    ] = None,
    fleet: Annotated[
        str, typer.Option("--fleet", metavar="NAME", help="The name that the document is to have.")
    ] = "default",
) -> None:
    """Write Inspector Classic's targets, templates and schedules as a file that `shindan apply` takes.

    Reads Terraform states (also `terraform show -json`), and the JSON of describe-assessment-targets,
    describe-assessment-templates, describe-resource-groups and list-event-subscriptions, several files together.

    Example: shindan import-inspector terraform.tfstate -o fleet.yaml
    """
    from shindan.service.fleet.inspector import taken_over
    from shindan.service.fleet.yaml_file import written

    made, remarks = taken_over([(name, _state(name)) for name in file], fleet)
    for remark in remarks:
        say(f"note: {remark}")
    counts = {"targets": made.targets, "templates": made.templates, "schedules": made.schedules}
    say(", ".join(f"{len(found)} {word}" for word, found in counts.items()))
    _write(written(made), out)


def _state(name: str) -> bytes:
    content = _content(name, _LARGEST_STATE)
    if len(content) > _LARGEST_STATE:
        raise typer.BadParameter(f"{name} has more than {_LARGEST_STATE:,} bytes: take the parts about Inspector alone")
    return content


def _content(name: str, most: int) -> bytes:
    """A file's content, or one byte more than `most` of it."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(most + 1)
        with Path(name).open("rb") as stream:
            return stream.read(most + 1)
    except OSError as error:
        raise typer.BadParameter(f"cannot read {name}: {error.strerror or error}") from error


def _write(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"cannot write {out}: {error.strerror or error}", param_hint="--out") from error


def _plain(message: str) -> str:
    """What a service elsewhere says begins with the name of its exception."""
    head, colon, rest = message.partition(": ")
    return rest if colon and head.endswith("Exception") else message


def _show(changes: list[dict[str, Any]]) -> None:
    colour = coloured(sys.stdout)
    for one in changes:
        sign, number = _SIGNS[one["action"]]
        loss = f"  !! {one['loss']}" if one["loss"] else ""
        lines = [f"{sign} {one['kind']} {one['name']}{loss}"]
        lines += [f"    {line}" for name, sides in one["fields"].items() for line in _field(one["action"], name, sides)]
        for line in lines:
            typer.echo(f"\033[{number}m{line}\033[0m" if colour else line)


def _field(action: str, name: str, sides: list[Any]) -> list[str]:
    was, wanted = (json.dumps(side, ensure_ascii=False) for side in sides)
    if action == "delete":
        return []
    return [f"{name}: {wanted}"] if action == "create" else [f"{name}: {was} → {wanted}"]


def _tell(changes: list[dict[str, Any]], *, dry_run: bool, replace: bool) -> None:
    if not changes:
        say("nothing to change")
        return
    counts = {action: sum(one["action"] == action for one in changes) for action in _SIGNS}
    told = ", ".join(
        f"{count} to {action}" if dry_run else f"{count} {action}d" for action, count in counts.items() if count
    )
    say(told)
    if dry_run and counts["replace"] and not replace:
        say("what is to be replaced goes with all that hangs on it: that needs --replace")
