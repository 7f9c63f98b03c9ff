"""Every knob of the service: from the environment (`SHINDAN_…`), else from `shindan.toml` in the data folder.

The table in docs/serve.md is written from this class.
"""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from shindan.model.errors import ShindanError
from shindan.service.data_folder import data_folder
from shindan.service.service import Quotas, Timing

FILE = "shindan.toml"
PREFIX = "SHINDAN_"

_DAY = 86_400
_QUOTAS, _TIMING = Quotas(), Timing()
_REGION = r"^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}$"
_PLACE = re.compile(r"(.*) - at `\$\.?([a-z_]*)`")


class SettingsError(ShindanError):
    """A setting cannot be used."""


def _means(text: str, **limits: Any) -> Meta:
    return Meta(description=text, **limits)


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of one installation. `data` is the folder that they belong to; it is no setting of its own."""

    data: Path

    # what and where
    region: Annotated[str, _means("Region in the names of resources and in signatures.", pattern=_REGION)] = "us-east-1"
    database_url: Annotated[str, _means("`postgresql://user@host/name`; empty: SQLite in the data folder.")] = ""
    listen: Annotated[str, _means("Address and port to listen on; `[::]:8443` for every one.")] = "127.0.0.1:8443"
    public_url: Annotated[str, _means("How clients reach the service; empty: worked out from `listen`.")] = ""
    certificate: Annotated[str, _means("Own TLS certificate with its chain (PEM); empty: `tls/server.pem`.")] = ""
    certificate_key: Annotated[str, _means("Its private key (PEM); empty: `tls/server.key`.")] = ""

    # logs and load
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _means("The least that is logged.")] = "info"
    log_format: Annotated[
        Literal["auto", "json", "text"], _means("`auto`: JSON unless the log goes to a terminal.")
    ] = "auto"
    threads: Annotated[int, _means("Requests that are worked on at once.", ge=1, le=200)] = 16
    job_slots: Annotated[int, _means("Background jobs that run at once.", ge=1, le=64)] = 4
    job_poll: Annotated[
        float,
        _means(
            "Seconds between looks for jobs whose time has come, and on PostgreSQL for those of other processes.",
            ge=0.1,
            le=60,
        ),
    ] = 5.0
    agent_connections: Annotated[
        int,
        _means("Connections of agents that are kept open between polls; each takes 40 kB, opening one 2 ms.", ge=1),
    ] = 10_000
    stop_patience: Annotated[int, _means("Seconds that a stop waits for requests and jobs.", ge=1, le=600)] = 10
    throttle_rate: Annotated[float, _means("Requests a second that an access key may make; 0: any number.", ge=0)] = 0.0
    throttle_burst: Annotated[int, _means("Requests that it may make at once.", ge=1)] = 50

    # runs
    early_end: Annotated[bool, _means("A run ends collection as soon as every host has delivered what is wanted.")] = (
        _TIMING.early_end
    )
    fresh_facts: Annotated[int, _means("Seconds for which a host's facts count as delivered to a new run.", ge=0)] = (
        _TIMING.fresh_facts
    )
    drain: Annotated[int, _means("Seconds that a run waits for last uploads.", ge=0)] = _TIMING.drain
    feed_wait: Annotated[
        int, _means("Seconds that a run waits for advisories of a release that has none yet.", ge=0)
    ] = _TIMING.feed_wait
    unseen_until_unhealthy: Annotated[
        int, _means("Seconds of silence after which a host counts as unhealthy.", ge=10)
    ] = _TIMING.unseen_until_unhealthy
    archive_after: Annotated[int, _means("Seconds of silence after which a host is archived.", ge=_DAY)] = (
        _TIMING.archive_after
    )
    inventory_every: Annotated[
        int, _means("Seconds after which agents are asked for a fresh inventory, between runs.", ge=60)
    ] = _TIMING.inventory_every
    duration: Annotated[
        float | None, _means("Seconds that runs collect instead of what their templates say; for trying out.")
    ] = None

    rules: Annotated[
        str, _means("Folder of own rules and benchmarks, read anew when it changes; empty: `rules` in the data folder.")
    ] = ""

    # feeds
    feeds_update: Annotated[bool, _means("Whether the service fetches advisories; off: only imported ones.")] = True
    feeds_max_age: Annotated[float, _means("Days after which a feed is reported as stale.", gt=0)] = 7.0
    feeds_cache: Annotated[
        str, _means("Folder whose advisories are taken over for a new release; empty: the user's own.")
    ] = ""

    # events and AWS
    notify_networks: Annotated[
        str, _means("Networks that events may be sent to although they are not public, such as `10.0.0.0/8`; commas.")
    ] = ""
    notify_ca: Annotated[str, _means("Certificates (PEM) to trust instead of the well-known, for receivers.")] = ""
    aws_endpoint: Annotated[str, _means("Stands in for AWS itself (SNS, STS, EC2); empty: AWS.")] = ""

    # console
    console: Annotated[bool, _means("Whether there are pages for people below `/console/`.")] = True
    session_idle: Annotated[
        int, _means("Seconds without a request after which somebody must sign in again.", ge=60)
    ] = 7_200
    session_life: Annotated[int, _means("Seconds after which somebody must sign in again in any case.", ge=300)] = (
        43_200
    )
    totp_required: Annotated[bool, _means("Whoever signs in with a password must have a second factor.")] = False
    oidc_issuer: Annotated[str, _means("Address of an OpenID provider to sign in with; empty: none.")] = ""
    oidc_client_id: Annotated[str, _means("Our client id there.")] = ""
    oidc_client_secret: Annotated[str, _means("Our client secret there; `@FILE` reads it from a file.")] = ""
    oidc_scopes: Annotated[str, _means("What is asked for.")] = "openid profile email"
    oidc_name_claim: Annotated[str, _means("Claim of the ID token that names the user.")] = "preferred_username"
    oidc_groups_claim: Annotated[str, _means("Claim that lists groups.")] = "groups"
    oidc_groups: Annotated[
        str,
        _means(
            "What groups may do: `GROUP=POLICY`, several with semicolons; the policy `Administrator` makes an "
            "administrator. Empty: policies are given here, by hand."
        ),
    ] = ""
    oidc_creates_users: Annotated[bool, _means("Whether who is unknown here gets a user when they first sign in.")] = (
        False
    )
    oidc_account: Annotated[str, _means("Account of the provider's users; empty: the only one there is.")] = ""
    oidc_label: Annotated[str, _means("What the provider is called on the sign-in page.")] = ""
    oidc_ca: Annotated[str, _means("Certificates (PEM) to trust instead of the well-known, for the provider.")] = ""

    # how long things are kept
    keep_runs: Annotated[int, _means("Days that ended runs are kept, with what they found; 0: for ever.", ge=0)] = 400
    keep_findings: Annotated[
        int, _means("Days that fixed findings are remembered over all runs; 0: for ever.", ge=0)
    ] = 400
    keep_facts: Annotated[
        int, _means("Days that inventories are kept that are no host's newest and no kept run's.", ge=1)
    ] = 30
    keep_audit: Annotated[int, _means("Days that the audit is kept; 0: for ever.", ge=0)] = 400

    # quotas, each an account's
    quota_targets: Annotated[int, _means("Assessment targets of an account.", ge=1)] = _QUOTAS.targets
    quota_templates: Annotated[int, _means("Assessment templates.", ge=1)] = _QUOTAS.templates
    quota_runs: Annotated[int, _means("Assessment runs.", ge=1)] = _QUOTAS.runs
    quota_hosts_in_runs: Annotated[int, _means("Hosts in unfinished runs.", ge=1)] = _QUOTAS.hosts_in_runs
    quota_resource_groups: Annotated[int, _means("Resource groups.", ge=1)] = _QUOTAS.resource_groups
    quota_subscriptions: Annotated[int, _means("Subscriptions to events.", ge=1)] = _QUOTAS.subscriptions

    @property
    def quotas(self) -> Quotas:
        """The quotas together."""
        return Quotas(**{name: getattr(self, f"quota_{name}") for name in Quotas.__slots__})

    @property
    def timing(self) -> Timing:
        """The waits together."""
        return Timing(**{name: getattr(self, name) for name in Timing.__slots__})

    @property
    def tls(self) -> tuple[Path, Path] | None:
        """Certificate and key to serve with; None where there are none."""
        certificate = Path(self.certificate or self.data / "tls" / "server.pem")
        key = Path(self.certificate_key or self.data / "tls" / "server.key")
        named = bool(self.certificate or self.certificate_key)
        return (certificate, key) if named or certificate.exists() else None

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of `notify_networks`."""
        return tuple(ip_network(text.strip()) for text in self.notify_networks.split(",") if text.strip())

    @property
    def groups_of_oidc(self) -> tuple[tuple[str, str], ...]:
        """(group, policy) of `oidc_groups`. Raises ValueError."""
        pairs = [part.rpartition("=") for part in self.oidc_groups.split(";") if part.strip()]
        if any(not group.strip() or not policy.strip() for group, _, policy in pairs):
            raise ValueError("write it as GROUP=POLICY; GROUP=POLICY")
        return tuple((group.strip(), policy.strip()) for group, _, policy in pairs)


NAMES = tuple(name for name in Settings.__struct_fields__ if name != "data")


def load(data: Path | None = None, **said: Any) -> Settings:
    """The settings that hold for a data folder: what the command line `said` (None says nothing), then the
    environment, then the file.

    Raises SettingsError that names what cannot be used.
    """
    folder = data_folder(data).absolute()
    variables = {name: os.environ[PREFIX + name.upper()] for name in NAMES if PREFIX + name.upper() in os.environ}
    spoken = {name: value for name, value in said.items() if value is not None}
    values = {**_read(folder / FILE), **variables, **spoken, "data": str(folder)}
    checked = "listen"
    try:
        # Variables are texts: "8" is a number where one is wanted, and "true" or "1" a yes.
        settings = msgspec.convert(values, Settings, strict=False, dec_hook=lambda kind, value: kind(value))
        address(settings.listen)
        checked = "notify_networks"
        settings.networks  # noqa: B018 - a network that is none is told now
        checked = "oidc_groups"
        settings.groups_of_oidc  # noqa: B018 - as above
    except msgspec.ValidationError as error:
        raise SettingsError(_told(str(error), folder), remedy="docs/serve.md lists all settings") from None
    except ValueError as error:
        raise SettingsError(_named(checked, str(error), folder)) from None
    return settings


def address(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, `[IPV6]:PORT` or `:PORT` (every address). Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r} is no HOST:PORT")
    bare = host.removeprefix("[").removesuffix("]")
    if ":" in bare and not host.startswith("["):
        raise ValueError(f"{text!r}: write an IPv6 address in brackets")
    return bare or "0.0.0.0", int(port)  # noqa: S104 - `:PORT` asks for every address


def table() -> str:
    """All settings as the Markdown table of docs/serve.md."""
    rows = ["| setting | by default | meaning |", "| --- | --- | --- |"]
    for field in msgspec.structs.fields(Settings):
        if field.name == "data":
            continue
        default = "" if field.default in (None, "") else f"`{_written(field.default)}`"
        rows.append(f"| `{field.name}` | {default} | {_meaning(field.type)} |")
    return "\n".join(rows) + "\n"


def _meaning(type_: Any) -> str:
    return next(str(meta.description) for meta in type_.__metadata__ if isinstance(meta, Meta))


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}") from None
    except OSError as error:
        whose = f"run this as the user whose folder it is: `ls -ld {path.parent}` says who"
        remedy = whose if isinstance(error, PermissionError) else ""
        raise SettingsError(f"cannot read {path}: {error.strerror or error}", remedy=remedy) from None


def _told(error: str, folder: Path) -> str:
    """Which setting is wrong, why, and where it may have come from."""
    found = _PLACE.fullmatch(error)
    if found is None:
        return f"{folder / FILE}: {error}"
    return _named(found[2], found[1], folder)


def _named(name: str, why: str, folder: Path) -> str:
    return f"the setting {name} ({PREFIX}{name.upper()}, or {name} in {folder / FILE}): {why}"
