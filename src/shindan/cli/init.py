"""`shindan init`: a new installation of the service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from shindan.cli.options import ServiceDataOption
from shindan.cli.tables import check_format


def init(
    data: ServiceDataOption = None,
    account: Annotated[
        str | None,
        typer.Option(metavar="NUMBER", help="Number of the first account: twelve digits.", show_default="random"),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(metavar="REGION", help="Region in the names of resources.", show_default="us-east-1"),
    ] = None,
    hostname: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Make a certificate authority and a certificate for this name or address; may be repeated.",
            show_default=False,
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--cert", metavar="FILE", help="Take this certificate (PEM, with its chain).", show_default=False),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Its private key (PEM).", show_default=False)
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="table|json", help="How to print.")] = "table",
) -> None:
    """Set the service up: database, keys, the first account, an administrator and an access key.

    The database is SQLite in the data folder, or the one that SHINDAN_DATABASE_URL names. The secret of the access
    key is shown once. Nothing that exists is replaced.

    Exit codes: 0 it is set up, 1 it was before, or cannot be.

    Examples: shindan init      shindan init --hostname shindan.example.org --region eu-central-1
    """
    check_format(form)
    if (certificate is None) != (key is None):
        raise typer.BadParameter("--cert and --key belong together: give both or neither")
    if certificate is not None and hostname:
        raise typer.BadParameter("--hostname makes a certificate, --cert brings one: give one of them")
    from shindan.app.setting_up import set_up

    done = set_up(data, account=account, region=region, hostnames=hostname or (), certificate=certificate, key=key)
    found = _found(done)
    typer.echo(json.dumps(found, indent=2) if form == "json" else _words(found, done))


def _found(done: Any) -> dict[str, Any]:
    return {
        "account": done.first.account.id,
        "region": done.settings.region,
        "user": done.first.user,
        "access_key_id": done.first.key.id,
        "secret_access_key": done.first.key.secret,
        "data": str(done.settings.data),
        "endpoint": endpoint(done),
        "ca_bundle": str(done.authority) if done.authority else None,
    }


def endpoint(done: Any) -> str:
    """How `aws` will reach the service once it is served with these settings."""
    listen = done.settings.listen
    if done.settings.public_url:
        return str(done.settings.public_url)
    if done.certificate is None:
        return f"http://{listen}"
    return f"https://{done.certificate.names[0]}:{listen.rpartition(':')[2]}"


def _words(found: dict[str, Any], done: Any) -> str:
    trust = f"\nca_bundle = {found['ca_bundle']}" if found["ca_bundle"] else ""
    variable = f"\n  export AWS_CA_BUNDLE={found['ca_bundle']}" if found["ca_bundle"] else ""
    if done.certificate is None:
        served = "shindan serve" + _option(done)
    else:
        served = f"shindan serve{_option(done)} --listen 0.0.0.0:{done.settings.listen.rpartition(':')[2]}"
    return f"""\
Shindan is set up in {found["data"]}.

  account            {found["account"]}
  region             {found["region"]}
  user               {found["user"]}
  access key id      {found["access_key_id"]}
  secret access key  {found["secret_access_key"]}   (shown now and never again)

Keep {found["data"]}/keys/master with your backups: without it every access key is lost.

Start it:

  {served}

People sign in at {found["endpoint"]}/console/ as {found["user"]}. This gives them a password:

  shindan users reset {found["user"]}{_option(done)}

Point the AWS CLI and SDKs at it, in ~/.aws/config:

[profile shindan]
region = {found["region"]}
endpoint_url = {found["endpoint"]}
aws_access_key_id = {found["access_key_id"]}
aws_secret_access_key = {found["secret_access_key"]}{trust}

  aws --profile shindan inspector list-rules-packages

or by the environment:

  export AWS_ENDPOINT_URL={found["endpoint"]} AWS_DEFAULT_REGION={found["region"]}
  export AWS_ACCESS_KEY_ID={found["access_key_id"]} AWS_SECRET_ACCESS_KEY={found["secret_access_key"]}{variable}

Clients that know no `inspector` any more take its model from {found["endpoint"]}/sdk"""


def _option(done: Any) -> str:
    from shindan.service.data_folder import data_folder

    return "" if data_folder().absolute() == done.settings.data else f" --data {done.settings.data}"
