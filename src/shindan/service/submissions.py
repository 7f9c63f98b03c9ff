"""Facts that a host handed in: checked line by line, kept as a blob, and the host recognised or made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Any, cast

from sqlalchemy import Connection

from shindan.engine import leaving
from shindan.engine.arriving import delivered
from shindan.engine.clock import milliseconds
from shindan.engine.fetching import ask
from shindan.facts.fact import Fact
from shindan.facts.platform import Platform, platform_of
from shindan.facts.wire import dumps, read
from shindan.model.arn import new_agent_id
from shindan.model.errors import InventoryUnreadable
from shindan.model.host import Host
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service.service import Service
from shindan.service.tags_of_hosts import MOST as MOST_TAGS
from shindan.service.tags_of_hosts import TooManyTags, checked
from shindan.store import accounts, audit, host_tags, hosts

MOST_BYTES = 64 * 1024 * 1024
MOST_FACTS = 200_000
"""Of one inventory; the largest real hosts have some 30,000 facts and 15 MB."""

_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST = {"hostname": 253, "kernel": 128, "arch": 32, "agent_version": 128, "system": 256, "platform": 128}
_COLLECT_AGAIN = "run `shindan collect` on the host again, and send what it prints as it is"


@dataclass(frozen=True, slots=True)
class About:
    """What whoever hands facts in says of the host beside them; "" is unknown.

    `machine_id` is systemd's (machine-id(5)); it is kept as a digest only. `otherwise` is the name of a host that
    neither says here nor in its facts what it is called.
    """

    hostname: str = ""
    machine_id: str = ""
    addresses: tuple[str, ...] = ()
    agent_version: str = ""
    image: str = ""
    scaling_group: str = ""
    otherwise: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read: the facts as canonical NDJSON, how many, and what they say of the host."""

    content: bytes
    count: int
    platform: Platform | None
    kernel: str
    host: Mapping[str, Any] = field(default_factory=dict)


def submit(
    service: Service,
    account: str,
    facts: IO[bytes],
    *,
    host_id: str | None = None,
    tags: Sequence[tuple[str, str | None]] = (),
    about: About | None = None,
    by: str = "agent",
) -> Host:
    """Takes a host's facts (NDJSON) in, as its newest inventory, and gives the host as it now is.

    What `about` leaves open is taken from the fact `host`. A host is known by `host_id`, else by its machine id, else
    by name and system; one that is not known yet is made, with `host_id` or an id of EC2's form. An archived host
    comes back. Equal facts are kept once. `by` is for the audit. Raises
    InventoryUnreadable for facts that are torn, too many or none, InvalidInput for a host id that is malformed or
    another account's, NoSuchEntity for an unknown account. Nothing is kept where it raises.
    """
    if host_id is not None and not _ID.fullmatch(host_id):
        raise InvalidInput("INVALID_AGENT_ID", f"the id of a host is i- and 8 or 17 hex digits, not {host_id[:64]!r}")
    pairs = checked(tags)
    found = read_facts(facts)
    about = completed(about or About(), found.host)
    # First the blob, then the row that names it: a row never names what is not there.
    digest = service.blobs.put(found.content)
    with service.database.write() as connection:
        if not accounts.lock(connection, account):
            raise NoSuchEntity("ACCOUNT_DOES_NOT_EXIST", f"there is no account {account[:40]!r}")
        identity = _identity(about, found)
        host, is_new = _recognised(connection, account, host_id, identity)
        at = milliseconds()
        columns = columns_of(found, about, identity, digest, at)
        hosts.change(connection, host.id, **columns)
        if columns.get("platform", host.platform) != host.platform or host.archived:
            ask(service.jobs, connection)  # perhaps the first host of its release: no run need wait for advisories
        host_tags.set_tags(connection, host.id, pairs)
        if host.archived:
            leaving.note_back(connection, service.jobs, account, [host.id])
        delivered(connection, service.jobs, host.id, digest, at)
        if len(host_tags.tags(connection, [host.id]).get(host.id, ())) > MOST_TAGS:
            raise TooManyTags(host.id)
        if is_new:
            audit.note(
                connection, account=account, caller=by, action="RegisterHost", resource=host.id, outcome="done", at=at
            )
        taken = cast(Host, hosts.get(connection, account, host.id))
    if not service.blobs.path(digest).exists():
        service.blobs.put(found.content)  # whoever had it, too, was removed with it between our blob and our row
    return taken


def read_facts(stream: IO[bytes]) -> Facts:
    """Every fact of a stream, checked. Raises InventoryUnreadable at the first line that is none, saying which."""
    lines: list[bytes] = []
    platform: Platform | None = None
    kernel = ""
    host: Mapping[str, Any] = {}
    for number, item in read(cast("IO[bytes]", _Bounded(stream, MOST_BYTES))):
        if not isinstance(item, Fact):
            raise InventoryUnreadable(f"line {number} of the facts is none: {item[:300]}", remedy=_COLLECT_AGAIN)
        if len(lines) == MOST_FACTS:
            raise InventoryUnreadable(f"there are more than {MOST_FACTS:,} facts", remedy=_COLLECT_AGAIN)
        lines.append(dumps(item).encode())
        if item.kind == "platform" and platform is None and item.data.get("id"):
            platform = platform_of(item.data)
        elif item.kind == "kernel" and item.subject == "running":
            kernel = str(item.data.get("release") or "")
        elif item.kind == "host":
            host = item.data
    if not lines:
        raise InventoryUnreadable("there are no facts", remedy=_COLLECT_AGAIN)
    return Facts(b"\n".join(lines) + b"\n", len(lines), platform, kernel, host)


class _Bounded:
    """The reading half of a stream that has no more than so many bytes."""

    def __init__(self, stream: IO[bytes], left: int) -> None:
        self._stream = stream
        self._left = left

    def readline(self, size: int) -> bytes:
        """A line, or its first `size` bytes. Raises InventoryUnreadable beyond the limit."""
        line = self._stream.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise InventoryUnreadable(f"the facts have more than {MOST_BYTES:,} bytes", remedy=_COLLECT_AGAIN)
        return line


def _recognised(connection: Connection, account: str, host_id: str | None, identity: str) -> tuple[Host, bool]:
    """The host, and whether it was made just now."""
    known = hosts.get(connection, account, host_id) if host_id else None
    if known is None and host_id is None and identity:
        known = hosts.by_identity(connection, account, identity)
    if known is not None:
        return known, False
    if host_id is not None and hosts.taken(connection, host_id):
        raise InvalidInput("INVALID_AGENT_ID", f"the host id {host_id} is in use already")
    new = Host(host_id or new_agent_id(), account, "", milliseconds())
    hosts.add(connection, new, identity)
    return new, True


def completed(about: About, host: Mapping[str, Any]) -> About:
    """What was said beside the facts, else what the host said of itself."""
    told = host.get("addresses")
    addresses = tuple(map(str, told)) if isinstance(told, list) else ()
    hostname = about.hostname or str(host.get("hostname") or "") or about.otherwise
    return replace(about, hostname=hostname, addresses=about.addresses or addresses)


def _identity(about: About, found: Facts) -> str:
    """What tells one host of an account from another, even once its system is upgraded; "" where nothing does."""
    if about.machine_id:
        # machine-id(5) asks that the id itself stays on the machine; the collector makes the very same digest.
        return "machine:" + hashlib.sha256(b"shindan host " + about.machine_id.lower().encode()).hexdigest()[:32]
    if re.fullmatch(r"[0-9a-f]{32}", str(found.host.get("machine") or "")):
        return f"machine:{found.host['machine']}"
    if about.hostname:
        return f"name:{_text(about.hostname, 253).lower()}:{found.platform.id if found.platform else ''}"
    return ""


def columns_of(found: Facts, about: About, identity: str, digest: str, at: int) -> dict[str, Any]:
    """What changes of a host's row with its facts; what nobody said stays as it was."""
    platform = found.platform
    said = {
        "hostname": about.hostname,
        "platform": platform.key if platform else "",
        "system": (platform.name or f"{platform.id} {platform.version}".strip()) if platform else "",
        "kernel": found.kernel,
        "arch": platform.arch if platform else "",
        "agent_version": about.agent_version,
        "image": about.image,
        "scaling_group": about.scaling_group,
        "identity": identity,
    }
    columns: dict[str, Any] = {name: _text(text, _LONGEST.get(name, 256)) for name, text in said.items() if text}
    if about.addresses:
        columns["addresses"] = [_text(address, 45) for address in about.addresses[:50]]
    return {**columns, "facts": digest, "facts_at": at, "last_seen": at, "archived": False}


def _text(text: str, longest: int) -> str:
    return _NOT_TEXT.sub("?", text)[:longest]
