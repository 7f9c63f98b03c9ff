"""`shindan tailoring` and `shindan zones`: what is wanted otherwise of rules, and from where packets come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.local import AccountOption, EndpointOption, ServiceDataOption, api
from shindan.cli.options import FormatOption
from shindan.cli.printing import pairs, rows_out
from shindan.cli.tables import check_format

tailoring = typer.Typer(
    name="tailoring",
    help="Tailoring of rules: list, set, remove, import, export.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
zones = typer.Typer(
    name="zones", help="Zones of networks, for reachability: show, set, reset.", no_args_is_help=True,
    rich_markup_mode=None,
)  # fmt: skip

_COLUMNS = {"id": "entry", "about": "about", "wants": "wants", "reason": "reason", "until": "until"}


@tailoring.command("list")
def list_entries(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """List what is wanted otherwise of rules, what expired too."""
    check_format(form)
    with api(endpoint, data, account) as asked:
        found = asked.own("ListTailoring")["entries"]
    if form == "json":
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    rows_out(form, [{**one, "about": _about(one), "wants": _wants(one)} for one in found], _COLUMNS, "no tailoring")


@tailoring.command("set")
def set_entry(
    about: Annotated[str, typer.Argument(metavar="RULE", help="A rule's id, or with --benchmark a control's number.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Another value, as TOML; may be repeated.", show_default=False
        ),
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Switch it off: results say so, and why.")] = False,
    severity: Annotated[str, typer.Option(metavar="WORD", help="Another severity.")] = "",
    benchmark: Annotated[str, typer.Option(metavar="ID", help="Within this benchmark.")] = "",
    tag: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="On hosts with all of these tags.", show_default=False),
    ] = None,
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who answers for it; by default who sets it.")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day, such as 2027-01-31.")] = "",
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
    form: FormatOption = "table",
) -> None:
    """Switch a rule off, or want other values or another severity of it; in force at once. Prints the entry's id.

    An entry about the same rule or control for the same tags is replaced.

    Examples: shindan tailoring set ssh-max-auth-tries --set most=6 --reason "our standard" --until 2027-01-31
    shindan tailoring set 5.1.20 --benchmark debian-12 --off --tag env=test --reason "no root there"
    """
    check_format(form)
    is_control = bool(benchmark) and about.replace(".", "").isdigit()
    wanted = {
        "control" if is_control else "rule": about,
        "benchmark": benchmark,
        "off": off,
        "set": _values(values or []),
        "severity": severity.capitalize(),
        "tags": {key: value or "" for key, value in pairs(tag, "--tag")},
        "reason": reason,
        "owner": owner,
        "until": until,
    }
    with api(endpoint, data, account) as asked:
        made = asked.own("SetTailoring", **wanted)["entry"]
    typer.echo(json.dumps(made, indent=2, ensure_ascii=False) if form == "json" else made["id"])


@tailoring.command()
def remove(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="Its id.")],
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Let go of an entry: what it switched off comes back.

    Example: shindan tailoring remove 0-z6AQXld1
    """
    with api(endpoint, data, account) as asked:
        asked.own("RemoveTailoring", id=entry)


@tailoring.command("import")
def import_entries(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file as `export` writes it; all of it or nothing.")],
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Take the entries of a file in place of all that there are.

    Example: shindan tailoring import tailoring.toml
    """
    with api(endpoint, data, account) as asked:
        found = asked.own("ImportTailoring", text=_read(file))["entries"]
    typer.echo(f"{len(found)} entries are in place of those before")


@tailoring.command()
def export(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Print all entries as a file, which `import` and `shindan scan --tailoring` read."""
    with api(endpoint, data, account) as asked:
        typer.echo(asked.own("ExportTailoring")["text"], nl=False)


@zones.command("show")
def show_zones(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Print the account's file of zones, or that it has none."""
    with api(endpoint, data, account) as asked:
        text = asked.own("GetZones")["text"]
    typer.echo(text or "# the zones that ship are in force\n", nl=False)


@zones.command("set")
def set_zones(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="See docs/network-reachability.md.")],
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Say from where packets come, for findings about reachability. Prints what each zone means.

    Example: shindan zones set zones.toml
    """
    with api(endpoint, data, account) as asked:
        for line in asked.own("SetZones", text=_read(file))["zones"]:
            typer.echo(line)


@zones.command("reset")
def reset_zones(
    endpoint: EndpointOption = None,
    data: ServiceDataOption = None,
    account: AccountOption = None,
) -> None:
    """Go back to the zones that ship."""
    with api(endpoint, data, account) as asked:
        asked.own("SetZones", text="")


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {file}: {error}", param_hint="FILE") from None


def _values(texts: list[str]) -> dict[str, Any]:
    """Values as TOML writes them; what is none is a text."""
    import tomllib

    found: dict[str, Any] = {}
    for name, text in pairs(texts, "--set"):
        try:
            found |= {name: tomllib.loads(f"value = {text}")["value"]}
        except tomllib.TOMLDecodeError:
            found[name] = text or ""
    return found


def _about(one: dict[str, Any]) -> str:
    return f"{one['benchmark']} {one['control'] or one['rule']}".strip()


def _wants(one: dict[str, Any]) -> str:
    parts = ["off"] if one["off"] else []
    parts += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in one["set"].items()]
    parts += [f"severity {one['severity']}"] if one["severity"] else []
    parts += [f"on {key}={value}" for key, value in one["tags"].items()]
    parts += [] if one["in_force"] else ["expired"]
    return ", ".join(parts)
