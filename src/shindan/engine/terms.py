"""What an account wants otherwise of rules, for each of its hosts."""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shindan.cloud.ec2_network import read_network
from shindan.cloud.instance import CloudError
from shindan.engine.clock import now
from shindan.engine.work import Work
from shindan.model.cloud_network import INTERFACES, CloudNetwork
from shindan.model.tailoring import Entry, entry_of
from shindan.rules.base import Parameters
from shindan.store import accounts, agents, host_tags, networks, tailoring

_PLAIN: Parameters = {}
_log = logging.getLogger("shindan.engine")


class Terms(NamedTuple):
    """Entries that are in force, and the text of the account's zones."""

    entries: tuple[Entry, ...] = ()
    zones: str = ""
    cloud: CloudNetwork | None = None
    """What a cloud says of the networks around its instances; None where none was asked."""

    @property
    def state(self) -> str:
        """The same for the same terms; "" where nothing is wanted otherwise."""
        if not self.entries and not self.zones:
            return ""
        text = json.dumps(self.as_json(), sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """What a run keeps of them."""
        return {"entries": [one.as_json() for one in self.entries], "zones": self.zones}

    def of_hosts(self, connection: Connection, ids: Sequence[str]) -> dict[str, Parameters]:
        """What is wanted of each host; hosts of the same tags share it."""
        if not self.entries and not self.zones and self.cloud is None:
            return dict.fromkeys(ids, _PLAIN)
        # Rules are loaded by whoever judges by them.
        from shindan.rules.tailoring import tailored

        known = host_tags.tags(connection, ids) if any(one.tags for one in self.entries) else {}
        made: dict[tuple[bool, ...], Parameters] = {}
        found: dict[str, Parameters] = {}
        for id_ in ids:
            tags = known.get(id_, ())
            key = tuple(one.is_for(tags) for one in self.entries)
            if key not in made:
                own = tailored(self.entries, tags)
                own.zones = self.zones
                made[key] = own
            found[id_] = made[key]
        return self._in_cloud(connection, found)

    def _in_cloud(self, connection: Connection, found: dict[str, Parameters]) -> dict[str, Parameters]:
        """Hosts that are instances of the cloud are seen from there, too."""
        if self.cloud is None:
            return found
        from shindan.rules.tailored import seen_from

        ids = list(found)
        instances, agents_of = networks.of_hosts(connection, ids), agents.of_hosts(connection, ids)
        watched = {id_ for id_, one in agents_of.items() if one.revoked_at is None}
        return {
            id_: seen_from(self.cloud, id_, one, agent=id_ in watched) if id_ in instances else one
            for id_, one in found.items()
        }


def terms_of(connection: Connection, account: str) -> Terms:
    """The account's terms as they are today."""
    return Terms(in_force(tailoring.entries(connection, account)), tailoring.zones_text(connection, account))


def with_cloud(work: Work, account: str, terms: Terms) -> Terms:
    """The terms with what the cloud says, for an account that registered a role; what cannot be read is part of it."""
    with work.database.read() as connection:
        known = accounts.get(connection, account)
    role = known.role_arn if known is not None else None
    if role is None:
        return terms
    try:
        return terms._replace(cloud=read_network(role, account, work.region, work.aws_endpoint))
    except CloudError as error:
        _log.warning("networks of account %s not read: %s", account, error)
        return terms._replace(cloud=CloudNetwork(refused=((INTERFACES, str(error)[:300]),)))


def of_run(connection: Connection, run_id: str, account: str) -> Terms:
    """The terms of a run: those of its beginning, kept with it."""
    said = tailoring.of_run(connection, run_id)
    if said:
        return Terms(tuple(map(entry_of, said["entries"])), said["zones"])
    return terms_of(connection, account)


def keep(connection: Connection, run_id: str, terms: Terms) -> None:
    """Keeps the terms that a run is judged with."""
    if terms.state:
        tailoring.note_run(connection, run_id, terms.as_json())


def in_force(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Those that are not over today."""
    today = now().astimezone(datetime.UTC).date().isoformat()
    return tuple(one for one in entries if not one.expired(today))


def given(parameters: Mapping[str, Parameters], ids: Iterable[str]) -> list[Parameters]:
    """What is wanted of hosts, in their order."""
    return [parameters.get(id_, _PLAIN) for id_ in ids]
