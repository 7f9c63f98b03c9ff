"""`shindan agents`: the agents that have enrolled."""

from __future__ import annotations

from typing import Any

import typer

from shindan.cli.agent_record import told_of
from shindan.cli.hosts import HostArgument, found_host
from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.printing import record_out, rows_out
from shindan.cli.tables import check_format

agents = typer.Typer(
    name="agents", help="Agents of hosts: list, show, revoke.", no_args_is_help=True, rich_markup_mode=None
)


@agents.command("list")
def list_agents(data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table") -> None:
    """List agents: of which host, which version, when they were heard last, and how they are.

    Example: shindan agents list --format json | jq '.[] | select(.state == "FAULT")'
    """
    check_format(form)
    from shindan.service.agents_admin import list_

    rows: list[dict[str, Any]] = []
    token: str | None = None
    with local(data, account) as (service, caller):
        while True:
            page = list_(service, caller, token=token, max_results=500)
            rows += map(told_of, page.items)
            token = page.next_token
            if token is None:
                break
    columns = {
        "host": "host", "version": "version", "seen_at": "last contact", "state": "state", "detail": "detail",
        "enrolled_at": "enrolled", "revoked_at": "revoked",
    }  # fmt: skip
    rows_out(form, rows, columns, "no agents: `shindan agent-token create` says how to install one")


@agents.command()
def show(
    host: HostArgument, data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table"
) -> None:
    """Show all that is known of a host's agent: its cost, its clock, what waits on the host to be sent.

    Example: shindan agents show web1
    """
    check_format(form)
    from shindan.service.agents_admin import show as found

    with local(data, account) as (service, caller):
        record_out(form, told_of(found(service, caller, found_host(service, caller, host).id)))


@agents.command()
def revoke(host: HostArgument, data: ServiceDataOption = None, account: AccountOption = None) -> None:
    """Listen to a host's agent no more, as after its key was stolen. The host stays, and may enrol with a new token.

    Example: shindan agents revoke web1
    """
    from shindan.service.agents_admin import revoke as end

    with local(data, account) as (service, caller):
        end(service, caller, found_host(service, caller, host).id)
