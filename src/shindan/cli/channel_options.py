"""Options that say what a channel is told and how often, and what they make of one as the service reads it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer


def _option(name: str, metavar: str, help_: str) -> Any:
    return typer.Option(name, metavar=metavar, help=help_, show_default=False)


def _flag(name: str, help_: str) -> Any:
    return typer.Option(name, help=help_, show_default=False)


EventOption = Annotated[
    list[str] | None,
    _option(
        "--on", "EVENT",
        "finding-opened, finding-fixed, run-completed, run-failed, agent-unhealthy, feed-stale, certificate-ending;"
        " may be repeated. By default finding-opened and run-failed.",
    ),
]  # fmt: skip
LeastOption = Annotated[str | None, _option("--least", "SEVERITY", "Least severity of findings: high, medium, low.")]
KevOption = Annotated[bool | None, _flag("--kev/--no-kev", "Only flaws that are known to be exploited.")]
NewOption = Annotated[
    bool | None, _flag("--new-only/--no-new-only", "Leave out findings that were mended and are back.")
]
PackageOption = Annotated[
    list[str] | None, _option("--package", "PATTERN", "Affected packages: 'openssl*'; may be repeated.")
]
TagOption = Annotated[list[str] | None, _option("--tag", "KEY[=VALUE]", "Tags that hosts have; may be repeated.")]
RulesOption = Annotated[
    list[str] | None, _option("--rules", "PACKAGE", "Rules packages: cve, cis, network, practices, runtime.")
]
EveryOption = Annotated[str | None, _option("--every", "TIME", "Collect for so long: 30m, 6h. Empty: tell at once.")]
AtOption = Annotated[str | None, _option("--at", "HH:MM", "Collect for one message a day. Empty: tell at once.")]
ZoneOption = Annotated[str | None, _option("--zone", "ZONE", "Whose clock --at goes by: Asia/Tokyo. By default UTC.")]
MostOption = Annotated[int | None, _option("--most", "N", "Messages (or tickets) in an hour. By default 20.")]
LanguageOption = Annotated[str | None, _option("--language", "en|ja", "Language of the messages. By default en.")]
PresetOption = Annotated[str | None, _option("--ticket", "jira|generic-json", "Open tickets, by this template.")]
OpenOption = Annotated[Path | None, _option("--template", "FILE", "Template of the request that opens a ticket.")]
CloseOption = Annotated[Path | None, _option("--close-template", "FILE", "Template of the one that closes it.")]
ClosePathOption = Annotated[str | None, _option("--close-path", "PATH", "Where that goes: /issue/{key}/transitions.")]
MethodOption = Annotated[str | None, _option("--method", "METHOD", "How a ticket is opened. By default POST.")]
CloseMethodOption = Annotated[str | None, _option("--close-method", "METHOD", "How it is closed. By default POST.")]
KeyOption = Annotated[
    str | None, _option("--key", "MEMBER", "Member of the answer that is the ticket's key: issue.key.")
]
PerOption = Annotated[str | None, _option("--ticket-per", "rule|finding", "What gets a ticket. By default: rule.")]
ParameterOption = Annotated[
    list[str] | None, _option("--set", "NAME=VALUE", "A parameter of the template: project=SEC; may be repeated.")
]
HeaderOption = Annotated[
    list[str] | None,
    _option("--header", "'NAME: VALUE'", "A header of requests; @FILE reads lines of them. It is kept as a secret."),
]


def conditions(
    on: list[str] | None, least: str | None, kev: bool | None, new_only: bool | None, package: list[str] | None,
    tag: list[str] | None, rules: list[str] | None,
) -> dict[str, Any]:  # fmt: skip
    """What was given of conditions."""
    lists = {"events": on, "packages": package, "tags": tag, "rules": rules}
    found: dict[str, Any] = {name: [one for one in value if one] for name, value in lists.items() if value is not None}
    others = {"least": least, "kev": kev, "new_only": new_only}
    return found | {name: value for name, value in others.items() if value is not None}


def pace(every: str | None, at: str | None, zone: str | None, most: int | None, language: str | None) -> dict[str, Any]:
    """What was given of how often; one of --every and --at takes the place of the other."""
    found = {"every": every, "at": at, "zone": zone, "most": most, "language": language}
    if every:
        found["at"] = at or ""
    elif at:
        found["every"] = ""
    return {name: value for name, value in found.items() if value is not None}


def ticketing(
    preset: str | None, open_: Path | None, close: Path | None, close_path: str | None, method: str | None,
    close_method: str | None, key: str | None, per: str | None, parameters: list[str] | None,
) -> dict[str, Any]:  # fmt: skip
    """What was given of tickets; empty where nothing was. Raises a usage error for a file that cannot be read."""
    plain = {
        "preset": preset, "close_path": close_path, "method": method, "close_method": close_method, "key": key,
        "per": per,
    }  # fmt: skip
    found: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    for name, path in (("open", open_), ("close", close)):
        if path is not None:
            found[name] = _read(path)
    if parameters:
        from shindan.cli.printing import pairs

        found["parameters"] = {name: value or "" for name, value in pairs(parameters, "--set")}
    return found


def headers(given: list[str] | None) -> dict[str, dict[str, str]]:
    """What was given of headers."""
    if given is None:
        return {}
    lines = [line for text in given for line in (_read(Path(text[1:])).splitlines() if text[:1] == "@" else [text])]
    found: dict[str, str] = {}
    for line in filter(str.strip, lines):
        name, colon, value = line.partition(":")
        if not colon:
            raise typer.BadParameter("a header is 'NAME: VALUE'", param_hint="--header")
        found[name.strip()] = value.strip()
    return {"headers": found}


def address(text: str | None) -> dict[str, str]:
    """The address that was given, or what stdin says where that is `-`: lists of processes show what was given."""
    if text is None:
        return {}
    return {"address": sys.stdin.readline().strip() if text == "-" else text}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise typer.BadParameter(f"{path} cannot be read: {why}") from None
