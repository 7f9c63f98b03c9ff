"""Tags of hosts, which targets select by, as EC2's actions read and write them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shindan.model.arn import partition_of
from shindan.model.host import Host
from shindan.model.refusals import LimitExceeded, NoSuchEntity
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import host_tags as stored
from shindan.store import hosts as stored_hosts

MOST = 50
"""Tags of one host; EC2's limit."""


class UnknownHost(NoSuchEntity):
    """The account has no host of this id, or it is archived."""

    remedy = "`shindan hosts list` names those that are known, with `--archived` the others"

    def __init__(self, id_: str) -> None:
        super().__init__("HOST_DOES_NOT_EXIST", f"there is no host {id_[:64]!r}")
        self.id = id_


class TooManyTags(LimitExceeded):
    """A host would have more tags than it may."""

    def __init__(self, id_: str) -> None:
        super().__init__("TAG_LIMIT_EXCEEDED", f"host {id_} would have more than {MOST} tags")


def instance_arn(caller: Caller, host_id: str) -> str:
    """How policies name a host whose tags are spoken of: as an instance of EC2."""
    return f"arn:{partition_of(caller.region)}:ec2:{caller.region}:{caller.account}:instance/{host_id}"


def hosts(service: Service, caller: Caller, ids: Collection[str] = ()) -> list[Host]:
    """Hosts of these ids, or all of the account, by id, without the archived ones. Raises UnknownHost."""
    with service.database.read() as connection:
        if not ids:
            return stored_hosts.selected(connection, caller.account, None)
        found = {host.id: host for host in stored_hosts.named(connection, caller.account, ids) if not host.archived}
    for id_ in ids:
        if id_ not in found:
            raise UnknownHost(id_)
    return list(found.values())


def add(service: Service, caller: Caller, ids: Sequence[str], tags: Sequence[tuple[str, str | None]]) -> None:
    """Adds tags to hosts or replaces their values; all hosts or none. Raises UnknownHost, TooManyTags, InvalidInput."""
    pairs = checked(tags)
    with audited(service, caller, "CreateTags", ",".join(ids)[:300]) as change, service.database.write() as connection:
        known = {host.id for host in stored_hosts.named(connection, caller.account, ids) if not host.archived}
        for id_ in ids:
            if id_ not in known:
                raise UnknownHost(id_)
            stored.set_tags(connection, id_, pairs)
        for id_, kept in stored.tags(connection, list(known)).items():
            if len(kept) > MOST:
                raise TooManyTags(id_)
        change.done(connection, tags=[list(pair) for pair in pairs])


def remove(
    service: Service, caller: Caller, ids: Sequence[str], tags: Sequence[tuple[str, str | None]] | None = None
) -> None:
    """Removes tags by key, by key and value where one is given, or all where none is named. Raises UnknownHost."""
    with audited(service, caller, "DeleteTags", ",".join(ids)[:300]) as change, service.database.write() as connection:
        known = {host.id for host in stored_hosts.named(connection, caller.account, ids) if not host.archived}
        for id_ in ids:
            if id_ not in known:
                raise UnknownHost(id_)
            stored.remove_tags(connection, id_, tags or None)
        change.done(connection, tags=[list(pair) for pair in tags or ()])


def checked(tags: Sequence[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    """Tags within EC2's limits; values may be empty. Raises InvalidInput."""
    for key, value in tags:
        checks.text(key, "INVALID_TAG_KEY", "the key of a tag", checks.LONGEST_KEY)
        checks.text(value or "", "INVALID_TAG_VALUE", f"the value of tag {key!r}", checks.LONGEST_VALUE, shortest=0)
    return tuple((key, value or "") for key, value in tags)
