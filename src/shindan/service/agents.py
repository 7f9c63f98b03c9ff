"""Which hosts a target means, worked out whenever somebody asks."""

from __future__ import annotations

from sqlalchemy import Connection

from shindan.model.assessment import Pairs
from shindan.model.host import Host
from shindan.model.refusals import NoSuchEntity
from shindan.service import paging
from shindan.service.caller import Caller, owned
from shindan.service.service import Service
from shindan.store import groups, hosts, targets


def hosts_of(connection: Connection, account: str, group_id: str | None) -> list[Host]:
    """The account's hosts that have any tag of the group, or all without one; by id, the archived ones left out."""
    return hosts.selected(connection, account, _pairs(connection, account, group_id))


def preview(
    service: Service,
    caller: Caller,
    target_arn: str,
    *,
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[Host]:
    """The hosts that a run of the target would take now, by id. Raises InvalidInput, NoSuchEntity."""
    length = paging.size(max_results)
    wanted = owned(caller, target_arn, "target")
    pager = paging.Pager(service.keys["paging"], paging.query("agents", target_arn))
    after = pager.after(token)
    with service.database.read() as connection:
        target = targets.get(connection, caller.account, wanted.id)
        if target is None:
            raise NoSuchEntity("ASSESSMENT_TARGET_DOES_NOT_EXIST", f"there is no target {wanted}")
        pairs = _pairs(connection, caller.account, target.group)
        found = hosts.selected(connection, caller.account, pairs, after=after, limit=length + 1)
    return paging.page(found, length, pager, lambda host: host.id)


def _pairs(connection: Connection, account: str, group_id: str | None) -> Pairs | None:
    if group_id is None:
        return None
    group = groups.get(connection, account, group_id)
    return group.tags if group is not None else ()
