"""Assessment targets: named resource groups to assess; one without a group means every host of the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from shindan.engine.clock import milliseconds
from shindan.model.arn import Arn, new_id
from shindan.model.assessment import Target
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity, RunInProgress
from shindan.service import checks, paging
from shindan.service.audited import audited
from shindan.service.caller import Caller, owned
from shindan.service.described import Described, described
from shindan.service.patterns import name_pattern as checked_pattern
from shindan.service.service import Service
from shindan.store import accounts, groups, templates
from shindan.store import targets as stored


def create(service: Service, caller: Caller, name: str, group_arn: str | None = None) -> Arn:
    """A new target. Raises InvalidInput for a name that is taken, NoSuchEntity for an unknown group, LimitExceeded."""
    checks.text(name, "INVALID_ASSESSMENT_TARGET_NAME", "the name of a target", checks.LONGEST_NAME)
    group = _group(caller, group_arn)
    at = milliseconds()
    target = Target(new_id(), caller.account, name, group.id if group else None, at, at)
    arn = caller.arn("target", target.id)
    with audited(service, caller, "CreateAssessmentTarget") as change, service.database.write() as connection:
        accounts.lock(connection, caller.account)
        _must_exist(connection, caller, group)
        if not stored.add(connection, target):
            raise _taken(caller, "Create", name)
        if stored.count(connection, caller.account) > service.quotas.targets:
            quota = service.quotas.targets
            raise LimitExceeded("ASSESSMENT_TARGET_LIMIT_EXCEEDED", f"the account may have {quota} targets")
        change.done(connection, arn, name=name)
    return arn


def update(service: Service, caller: Caller, arn: str, name: str, group_arn: str | None = None) -> None:
    """Replaces name and group as a whole: without a group the target means every host. Runs go on with their hosts.

    Raises InvalidInput for a name that is taken, NoSuchEntity for an unknown target or group.
    """
    with audited(service, caller, "UpdateAssessmentTarget", arn) as change:
        checks.text(name, "INVALID_ASSESSMENT_TARGET_NAME", "the name of a target", checks.LONGEST_NAME)
        wanted = owned(caller, arn, "target")
        group = _group(caller, group_arn)
        try:
            with service.database.write() as connection:
                if not stored.lock(connection, caller.account, wanted.id):
                    raise _unknown(wanted)
                _must_exist(connection, caller, group)
                stored.replace(connection, wanted.id, name, group.id if group else None, milliseconds())
                change.done(connection, name=name, group=group_arn)
        except IntegrityError as error:
            raise _taken(caller, "Update", name) from error


def delete(service: Service, caller: Caller, arn: str) -> None:
    """Removes a target with its templates, subscriptions, runs and what they found; the group stays.

    Raises NoSuchEntity, and RunInProgress while any of its runs has not ended.
    """
    with audited(service, caller, "DeleteAssessmentTarget", arn) as change:
        wanted = owned(caller, arn, "target")
        with service.database.write() as connection:
            if not stored.lock(connection, caller.account, wanted.id):
                raise _unknown(wanted)
            refuse_running(connection, caller, target=wanted.id)
            stored.remove(connection, wanted.id)
            change.done(connection)


def describe(service: Service, caller: Caller, arns: Sequence[str]) -> Described[Target]:
    """Targets by name. Raises InvalidInput for too few or too many names."""

    def load(wanted: Sequence[Arn]) -> Mapping[Arn, Target]:
        with service.database.read() as connection:
            found = stored.named(connection, caller.account, [arn.id for arn in wanted])
        return {arn: found[arn.id] for arn in wanted if arn.id in found}

    return described(caller, arns, "target", load)


def list_(
    service: Service,
    caller: Caller,
    *,
    name_pattern: str | None = None,
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[str]:
    """Names of the account's targets, newest first."""
    length = paging.size(max_results)
    pattern = checked_pattern(name_pattern, "INVALID_ASSESSMENT_TARGET_NAME_PATTERN")
    pager = paging.Pager(service.keys["paging"], paging.query("targets", caller.account, pattern))
    after = pager.after(token)
    with service.database.read() as connection:
        found = stored.listed(
            connection, caller.account, name_pattern=pattern, after=tuple(after) if after else None, limit=length + 1
        )
    part = paging.page(found, length, pager, lambda target: [target.created_at, target.id])
    return paging.Page(tuple(str(caller.arn("target", target.id)) for target in part.items), part.next_token)


def refuse_running(connection: Connection, caller: Caller, *, target: str = "", template: str = "") -> None:
    """Raises RunInProgress, naming them, while runs of a target or a template have not ended."""
    running = templates.runs_in_progress(connection, target=target, template_id=template)
    if running:
        raise RunInProgress([str(caller.arn("run", *ids)) for ids in running])


def _group(caller: Caller, arn: str | None) -> Arn | None:
    return None if arn is None else owned(caller, arn, "resourcegroup")


def _must_exist(connection: Connection, caller: Caller, group: Arn | None) -> None:
    if group is not None and groups.get(connection, caller.account, group.id) is None:
        raise NoSuchEntity("RESOURCE_GROUP_DOES_NOT_EXIST", f"there is no resource group {group}")


def _unknown(arn: Arn) -> NoSuchEntity:
    return NoSuchEntity("ASSESSMENT_TARGET_DOES_NOT_EXIST", f"there is no target {arn}")


def _taken(caller: Caller, verb: str, name: str) -> InvalidInput:
    # The form of the text is the original's: tools look for "Name already exists".
    message = f"{verb} assessmentTarget - Name already exists; Name: {name} ParentOwner: {caller.account}"
    return InvalidInput("ASSESSMENT_TARGET_NAME_ALREADY_TAKEN", message)
