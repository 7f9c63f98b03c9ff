"""Resource groups: sets of tags that select hosts. Created and described, never changed; equal ones are not joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from shindan.engine.clock import milliseconds
from shindan.model.arn import Arn, new_id
from shindan.model.assessment import ResourceGroup
from shindan.model.refusals import LimitExceeded
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.described import Described, described
from shindan.service.service import Service
from shindan.store import accounts
from shindan.store import groups as stored


def create(service: Service, caller: Caller, tags: Iterable[tuple[str, str | None]]) -> Arn:
    """A new group of one to ten pairs; one key may come with several values.

    Raises InvalidInput for pairs out of bounds, LimitExceeded beyond the account's quota.
    """
    pairs = checks.pairs(tags, checks.GROUP_TAGS, least=1)
    group = ResourceGroup(new_id(), caller.account, pairs, milliseconds())
    arn = caller.arn("resourcegroup", group.id)
    with audited(service, caller, "CreateResourceGroup") as change, service.database.write() as connection:
        accounts.lock(connection, caller.account)
        stored.add(connection, group)
        if stored.count(connection, caller.account) > service.quotas.resource_groups:
            quota = service.quotas.resource_groups
            raise LimitExceeded("RESOURCE_GROUP_LIMIT_EXCEEDED", f"the account may have {quota} resource groups")
        change.done(connection, arn)
    return arn


def describe(service: Service, caller: Caller, arns: Sequence[str]) -> Described[ResourceGroup]:
    """Groups by name. Raises InvalidInput for too few or too many names."""

    def load(wanted: Sequence[Arn]) -> Mapping[Arn, ResourceGroup]:
        with service.database.read() as connection:
            found = stored.named(connection, caller.account, [arn.id for arn in wanted])
        return {arn: found[arn.id] for arn in wanted if arn.id in found}

    return described(caller, arns, "resourcegroup", load)
