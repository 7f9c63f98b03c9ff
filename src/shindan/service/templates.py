"""Assessment templates: target, duration, rules packages, attributes for findings. Only tags change later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model import scap
from shindan.model.arn import Arn, new_id
from shindan.model.assessment import MAX_DURATION, MIN_DURATION, Pairs, Template
from shindan.model.packages import SCAP, endings_of
from shindan.model.refusals import InvalidInput, LimitExceeded, NoSuchEntity
from shindan.service import checks, packages, paging
from shindan.service.audited import audited
from shindan.service.caller import Caller, owned
from shindan.service.described import Described, described, numbered
from shindan.service.patterns import Range, number_range
from shindan.service.patterns import name_pattern as checked_pattern
from shindan.service.service import Service
from shindan.service.targets import refuse_running
from shindan.store import accounts
from shindan.store import targets as stored_targets
from shindan.store import templates as stored

MOST_PACKAGES = 50
_NAME = "INVALID_ASSESSMENT_TEMPLATE_NAME"


def create(
    service: Service,
    caller: Caller,
    target_arn: str,
    name: str,
    duration: int,
    package_arns: Sequence[str],
    attributes: Iterable[tuple[str, str | None]] = (),
) -> Arn:
    """A new template of a target. `duration` is in seconds; packages may carry the names of any region.

    A template without packages is kept, as the API's shapes have it; a run of it is refused. Raises InvalidInput for
    what is out of bounds or taken, NoSuchEntity for an unknown target or package, LimitExceeded.
    """
    checks.text(name, _NAME, "the name of a template", checks.LONGEST_NAME)
    if not MIN_DURATION <= duration <= MAX_DURATION:
        limits = f"{MIN_DURATION} to {MAX_DURATION} seconds"
        raise InvalidInput("INVALID_ASSESSMENT_TEMPLATE_DURATION", f"a run collects for {limits}, not {duration}")
    wanted = packages.named(package_arns, most=MOST_PACKAGES)
    pairs = checks.pairs(attributes, checks.USER_ATTRIBUTES)
    if any(one.name == SCAP.name for one in wanted):
        _check_scap(pairs)
    target = owned(caller, target_arn, "target")
    template = Template(new_id(), target.id, caller.account, name, duration, tuple(package_arns), pairs, milliseconds())
    arn = target.child("template", template.id)
    with audited(service, caller, "CreateAssessmentTemplate") as change, service.database.write() as connection:
        accounts.lock(connection, caller.account)
        _add(connection, service, target, template, wanted)
        change.done(connection, arn, name=name)
    return arn


def delete(service: Service, caller: Caller, arn: str) -> None:
    """Removes a template with its subscriptions, runs and what they found.

    Raises NoSuchEntity, and RunInProgress while one of its runs has not ended.
    """
    with audited(service, caller, "DeleteAssessmentTemplate", arn) as change:
        wanted = owned(caller, arn, "template")
        with service.database.write() as connection:
            if not stored.lock(connection, caller.account, *wanted.ids):
                raise unknown(wanted)
            refuse_running(connection, caller, template=wanted.id)
            stored.remove(connection, wanted.id)
            change.done(connection)


def describe(service: Service, caller: Caller, arns: Sequence[str]) -> Described[Template]:
    """Templates by name. Raises InvalidInput for too few or too many names."""

    def load(wanted: Sequence[Arn]) -> Mapping[Arn, Template]:
        with service.database.read() as connection:
            found = stored.named(connection, caller.account, [arn.id for arn in wanted])
        return {arn: found[arn.id] for arn in wanted if arn.id in found and found[arn.id].target == arn.parent.id}

    return described(caller, arns, "template", load)


def list_(
    service: Service,
    caller: Caller,
    *,
    targets: Sequence[str] = (),
    name_pattern: str | None = None,
    duration: Range | None = None,
    packages: Sequence[str] = (),
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[str]:
    """Names of the account's templates, newest first; no `targets`: of all. A template has all of `packages`.

    Raises InvalidInput for a malformed filter, NoSuchEntity for an unknown target.
    """
    length = paging.size(max_results)
    above = _targets(caller, targets)
    wanted = _filter(above, name_pattern, duration, packages)
    pager = paging.Pager(service.keys["paging"], paging.query("templates", caller.account, astuple(wanted)))
    after = pager.after(token)
    with service.database.read() as connection:
        _must_exist(connection, caller, above)
        found = stored.listed(
            connection, caller.account, wanted, after=tuple(after) if after else None, limit=length + 1
        )
    part = paging.page(found, length, pager, lambda template: [template.created_at, template.id])
    names = (str(caller.arn("template", template.target, template.id)) for template in part.items)
    return paging.Page(tuple(names), part.next_token)


def tags_of(service: Service, caller: Caller, arn: str) -> Pairs:
    """A template's tags, in the order in which they were given. Raises NoSuchEntity."""
    wanted = owned(caller, arn, "template", "INVALID_RESOURCE_ARN")
    with service.database.read() as connection:
        template = stored.get(connection, caller.account, *wanted.ids)
    if template is None:
        raise unknown(wanted)
    return template.tags


def set_tags(service: Service, caller: Caller, arn: str, tags: Iterable[tuple[str, str | None]]) -> None:
    """Replaces all tags of a template: at most ten, none to clear them. Raises InvalidInput, NoSuchEntity."""
    with audited(service, caller, "SetTagsForResource", arn) as change:
        pairs = checks.pairs(tags, checks.TAGS)
        wanted = owned(caller, arn, "template", "INVALID_RESOURCE_ARN")
        with service.database.write() as connection:
            if not stored.lock(connection, caller.account, *wanted.ids):
                raise unknown(wanted)
            stored.set_tags(connection, wanted.id, pairs)
            change.done(connection, tags=[list(pair) for pair in pairs])


def unknown(arn: Arn) -> NoSuchEntity:
    """The refusal that names a template that does not exist."""
    return NoSuchEntity("ASSESSMENT_TEMPLATE_DOES_NOT_EXIST", f"there is no template {arn}")


def _check_scap(pairs: Pairs) -> None:
    """Raises InvalidInput where the package's content is not named: a run could not say what to evaluate."""
    try:
        scap.named(pairs)
    except ValueError as error:
        message = f"the package {SCAP.title!r} needs to be told what: {error}"
        raise InvalidInput("INVALID_USER_ATTRIBUTE", message) from None


def _add(
    connection: Connection, service: Service, target: Arn, template: Template, wanted: Sequence[packages.Named]
) -> None:
    if not stored_targets.lock(connection, template.account, target.id):
        raise _unknown_target(target)
    packages.must_exist(wanted)
    if not stored.add(connection, template):
        # The form of the text is the original's for targets.
        message = f"Create assessmentTemplate - Name already exists; Name: {template.name} Parent: {target}"
        raise InvalidInput("ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN", message)
    if stored.count(connection, template.account) > service.quotas.templates:
        quota = service.quotas.templates
        raise LimitExceeded("ASSESSMENT_TEMPLATE_LIMIT_EXCEEDED", f"the account may have {quota} templates")


def _targets(caller: Caller, arns: Sequence[str]) -> list[Arn]:
    numbered(arns, "target", least=0, most=50)
    return [owned(caller, arn, "target") for arn in arns]


def _filter(
    above: Sequence[Arn], name_pattern: str | None, duration: Range | None, package_arns: Sequence[str]
) -> stored.TemplateFilter:
    code = "INVALID_ASSESSMENT_TEMPLATE_DURATION_RANGE"
    return stored.TemplateFilter(
        tuple(arn.id for arn in above),
        checked_pattern(name_pattern, "INVALID_ASSESSMENT_TEMPLATE_NAME_PATTERN"),
        number_range(duration, code, least=MIN_DURATION, most=MAX_DURATION),
        # A package that was never handed out is in no template: it ends as nothing does.
        tuple(endings_of(one.name) if one.name else (str(one.arn),) for one in packages.named(package_arns, most=50)),
    )


def _must_exist(connection: Connection, caller: Caller, above: Sequence[Arn]) -> None:
    found = stored_targets.named(connection, caller.account, [arn.id for arn in above]) if above else {}
    for arn in above:
        if arn.id not in found:
            raise _unknown_target(arn)


def _unknown_target(arn: Arn) -> NoSuchEntity:
    return NoSuchEntity("ASSESSMENT_TARGET_DOES_NOT_EXIST", f"there is no target {arn}")
