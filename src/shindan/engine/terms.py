"""What an account wants otherwise of rules, for each of its hosts."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from shindan.engine.clock import now
from shindan.model.tailoring import Entry, entry_of
from shindan.rules.base import Parameters
from shindan.store import host_tags, tailoring

_PLAIN: Parameters = {}


class Terms(NamedTuple):
    """Entries that are in force, and the text of the account's zones."""

    entries: tuple[Entry, ...] = ()
    zones: str = ""

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
        if not self.entries and not self.zones:
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
        return found


def terms_of(connection: Connection, account: str) -> Terms:
    """The account's terms as they are today."""
    return Terms(in_force(tailoring.entries(connection, account)), tailoring.zones_text(connection, account))


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
