"""`shindan cert`: the server's certificate."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.options import FormatOption, ServiceDataOption
from shindan.cli.tables import check_format

cert = typer.Typer(name="cert", help="The server's certificate.", no_args_is_help=True, rich_markup_mode=None)

HostnameOption = Annotated[
    list[str] | None,
    typer.Option("--hostname", metavar="NAME", help="Name or address it is for; may be repeated.", show_default=False),
]


@cert.command()
def show(data: ServiceDataOption = None, form: FormatOption = "table") -> None:
    """Show the certificate: for which names, from whom, and until when."""
    check_format(form)
    from shindan.service.certificates import CertificateError, read
    from shindan.settings import load

    tls = load(data).tls
    if tls is None:
        raise CertificateError("there is no certificate", remedy="make one with `shindan cert make --hostname NAME`")
    _show(read(tls[0]), form)


@cert.command()
def make(hostname: HostnameOption = None, data: ServiceDataOption = None, form: FormatOption = "table") -> None:
    """Make a certificate, and the authority that signs it if there is none yet.

    Clients trust the authority through DATA/tls/ca.pem.

    Example: shindan cert make --hostname shindan.example.org
    """
    check_format(form)
    if not hostname:
        raise typer.BadParameter("name at least one: --hostname NAME")
    from shindan.service.certificates import make as made

    _show(made(_own_folder(data), hostname), form)


@cert.command()
def renew(hostname: HostnameOption = None, data: ServiceDataOption = None, form: FormatOption = "table") -> None:
    """Make another certificate with a new key, for the same names unless others are given.

    A running server takes it with SIGHUP: kill -HUP PID, or systemctl reload shindan.

    Example: shindan cert renew
    """
    check_format(form)
    from shindan.service.certificates import renew as renewed

    _show(renewed(_own_folder(data), hostname or ()), form)


@cert.command()
def take(
    certificate: Annotated[Path, typer.Argument(metavar="CERTIFICATE", help="PEM, with its chain.")],
    key: Annotated[Path, typer.Argument(metavar="KEY", help="Its private key (PEM), without a password.")],
    data: ServiceDataOption = None,
    form: FormatOption = "table",
) -> None:
    """Take a certificate of your own: both files are checked and copied into the data folder.

    Example: shindan cert take site.pem site.key
    """
    check_format(form)
    from shindan.service.certificates import take as taken

    _show(taken(_own_folder(data), certificate, key), form)


def _own_folder(data: Path | None) -> Path:
    """The data folder; its server must be able to read what is made there."""
    from shindan.app.owner import refuse_root
    from shindan.settings import load

    folder = load(data).data
    refuse_root(folder)
    return folder


def _show(found: Any, form: str) -> None:
    fields = {**asdict(found), "path": str(found.path)}
    if form == "json":
        typer.echo(json.dumps(fields, indent=2))
        return
    for name, value in fields.items():
        typer.echo(f"{name:12} {', '.join(value) if isinstance(value, tuple) else value}")
