"""`shindan usage`: what was assessed, and what it would have cost."""

from __future__ import annotations

import json
from typing import Any

import typer

from shindan.cli.local import AccountOption, ServiceDataOption, local
from shindan.cli.options import FormatOption
from shindan.cli.tables import check_format
from shindan.cli.tables import show as show_table


def usage(data: ServiceDataOption = None, account: AccountOption = None, form: FormatOption = "table") -> None:
    """Show assessed hosts by month, and what Inspector Classic would have charged for them, tier by tier.

    A host in a run counts once for the host packages, and once for Network Reachability; an excluded one does not.
    """
    check_format(form)
    from shindan.service.usage import of_account

    with local(data, account) as (service, caller):
        found = of_account(service, caller)
    if form == "json":
        typer.echo(json.dumps([_fields(one) for one in found], indent=2))
        return
    rows = [
        {
            "month": one.month,
            "meter": one.meter,
            "units": tier.units,
            "price": f"{tier.price} USD",
            "amount": tier.amount,
        }
        for one in found
        for tier in one.tiers
    ]
    columns = {"month": "month", "meter": "meter", "units": "assessed hosts", "price": "each", "amount": "USD"}
    show_table(rows, columns, "nothing was assessed yet")


def _fields(one: Any) -> dict[str, Any]:
    tiers = [{"units": tier.units, "price": str(tier.price), "amount": str(tier.amount)} for tier in one.tiers]
    return {"month": one.month, "meter": one.meter, "units": one.units, "amount": str(one.amount), "tiers": tiers}
