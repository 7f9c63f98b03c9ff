"""The command tree. One file a command; `--help` of each teaches by example."""

from __future__ import annotations

from typing import Annotated

import typer

from shindan.cli.lazy import LazyGroup, Place


def _at(module: str, attribute: str, help_: str) -> Place:
    return Place(f"shindan.cli.{module}", attribute, help_)


class _Commands(LazyGroup):
    places = {  # noqa: RUF012
        # one host, without a service
        "scan": _at("scan", "scan", "Find this host's known flaws, and what its set-up leaves open."),
        "explain": _at("explain", "explain", "Say why a CVE does or does not count on this host."),
        "collect": _at("collect", "collect", "Print what can be observed on this host."),
        "feeds": _at("feeds", "feeds", "Advisory feeds: list, update, import, status, remove, rollback, key, export."),
        "facts": _at("facts", "facts", "Other tools' inventories as facts."),
        "rules": _at("rules", "rules", "Rules: list, show, explain check kinds, check a folder of own rules."),
        # the service
        "init": _at("init", "init", "Set the service up."),
        "serve": _at("serve", "serve", "Run the service."),
        "hosts": _at("hosts", "hosts", "Hosts: submit, list, show, tag, remove, merge."),
        "targets": _at("targets", "targets", "Assessment targets: list, create, delete."),
        "templates": _at("templates", "templates", "Assessment templates: list, create, delete."),
        "run": _at("run", "run", "Assessment runs: start, watch, stop, list, report, exclusions."),
        "schedules": _at(
            "schedules", "schedules", "Schedules of runs: list, create, show, set, pause, resume, delete, next."
        ),
        "findings": _at("findings", "findings", "Findings: list, show, export."),
        "suppressions": _at("suppressions", "suppressions", "Suppressions: list, create, delete."),
        "notifications": _at(
            "notifications",
            "notifications",
            "Notification channels: list, create, show, set, pause, resume, test, log, delete.",
        ),
        "apply": _at("configuration", "apply", "Bring targets, templates, schedules and all else to what a file says."),
        "export": _at("configuration", "export", "Write targets, templates, schedules and all else as a file."),
        "import-inspector": _at(
            "configuration", "import_inspector", "Write Inspector Classic's targets, templates and schedules as a file."
        ),
        "tailoring": _at("tailoring", "tailoring", "Tailoring of rules: list, set, remove, import, export."),
        "zones": _at("tailoring", "zones", "Zones of networks, for reachability: show, set, reset."),
        "usage": _at("usage", "usage", "Show assessed hosts by month."),
        "users": _at("users", "users", "Users: list, create, set, password, reset, remove."),
        "keys": _at("keys", "keys", "Access keys: list, create, rotate, lend, disable, enable, delete; renew-master."),
        "policies": _at("accounts", "policies", "Policies: list, show, put, remove."),
        "accounts": _at("accounts", "accounts", "Accounts: list, create, remove."),
        "agent-token": _at("agent_token", "agent_token", "Tokens that hosts enrol with: create, list, revoke."),
        "agents": _at("agents", "agents", "Agents of hosts: list, show, revoke."),
        "agent-release": _at("agent_release", "agent_release", "What hosts fetch to get an agent."),
        "cert": _at("cert", "cert", "The server's certificate."),
        "db": _at("db", "db", "The database: migrate, backup, restore, check."),
        "doctor": _at("doctor", "doctor", "Look the installation over."),
    }


app = typer.Typer(
    name="shindan",
    cls=_Commands,
    help="Finds known security flaws on Linux hosts, and never shows a silent zero.",
    epilog="Begin with: shindan scan",
    no_args_is_help=True,
    # rich's help screens and tracebacks cost more start-up time than all else together.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        # Reading package metadata takes longer than the rest of the start.
        from importlib.metadata import version

        typer.echo(f"shindan {version('shindan')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Finds known security flaws on Linux hosts, and never shows a silent zero."""
