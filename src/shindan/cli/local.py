"""The service behind a command: its data folder on this machine, or a server elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.options import AccountOption, ServiceDataOption

EndpointOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help="A service elsewhere, with an access key from AWS_ACCESS_KEY_ID, AWS_PROFILE or ~/.aws.",
        show_default=False,
    ),
]
__all__ = ["AccountOption", "EndpointOption", "ServiceDataOption", "api", "local"]


@contextmanager
def local(data: Path | None, account: str | None) -> Iterator[tuple[Any, Any]]:
    """(`service.service.Service`, `service.caller.Caller`) of a data folder; who holds it may do everything."""
    from shindan.app.house import opened
    from shindan.service.accounts import get, list_, operator

    with opened(data) as house:
        known = [one.id for one in list_(house.service)]
        if account is None and len(known) != 1:
            raise typer.BadParameter(f"name one of {', '.join(known)}", param_hint="--account")
        chosen = get(house.service, account).id if account else known[0]
        yield house.service, operator(house.service, chosen)


@contextmanager
def api(endpoint: str | None, data: Path | None, account: str | None) -> Iterator[Any]:
    """The API (`service.remote.Api`), here or elsewhere."""
    if endpoint is not None:
        if data is not None or account is not None:
            raise typer.BadParameter("--endpoint is a service elsewhere, --data and --account are of one here")
        from shindan.service.remote import Remote

        yield Remote(endpoint)
        return
    from shindan.app.local_api import LocalApi

    with local(data, account) as (service, caller):
        yield LocalApi(service, caller)
