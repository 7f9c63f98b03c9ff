"""Exclusions of runs that ended, and previews of what a run would leave out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shindan.engine.clock import milliseconds
from shindan.engine.reconcile import PREVIEW_LASTS
from shindan.model.arn import Arn
from shindan.model.exclusion import Exclusion
from shindan.model.refusals import InvalidInput, PreviewInProgress
from shindan.service import paging
from shindan.service.caller import Caller, owned
from shindan.service.described import Described, described
from shindan.service.runs import named
from shindan.service.service import Service
from shindan.service.templates import unknown
from shindan.store import exclusions as stored
from shindan.store import runs, templates

_DEFAULT = 100
_GIVEN_UP = 600_000
"""Milliseconds after which a preview that never came does not stand in the way of another."""


def list_(
    service: Service, caller: Caller, arn: str, *, token: str | None = None, max_results: int | None = None
) -> paging.Page[str]:
    """Names of a run's exclusions, none before it ended. Raises InvalidInput, NoSuchEntity."""
    length = paging.size(max_results, default=_DEFAULT)
    pager = paging.Pager(service.keys["paging"], paging.query("exclusions", arn))
    after = pager.after(token)
    with service.database.read() as connection:
        run = named(connection, caller, arn)
        found = stored.listed(connection, run.id, after=after, limit=length + 1) if run.ended else []
    part = paging.page(found, length, pager, lambda item: item[0])
    above = caller.arn("run", run.target, run.template, run.id)
    return paging.Page(tuple(str(above.child("exclusion", id_)) for _, id_, _ in part.items), part.next_token)


def describe(service: Service, caller: Caller, arns: Sequence[str]) -> Described[Exclusion]:
    """Exclusions by name. Raises InvalidInput for too few or too many names."""

    def load(wanted: Sequence[Arn]) -> Mapping[Arn, Exclusion]:
        with service.database.read() as connection:
            known = runs.named(connection, caller.account, {arn.parent.id for arn in wanted})
            found = stored.named(connection, [(arn.parent.id, arn.id) for arn in wanted])
        return {
            arn: replace(found[arn.parent.id, arn.id], arn=str(arn))
            for arn in wanted
            if (arn.parent.id, arn.id) in found
            and (run := known.get(arn.parent.id)) is not None
            and run.ended
            and (run.target, run.template, run.id) == arn.parent.ids
        }

    return described(caller, arns, "exclusion", load)


def create_preview(service: Service, caller: Caller, template_arn: str) -> str:
    """Has it worked out what a run of the template would leave out; the token to ask for it by.

    Raises InvalidInput, NoSuchEntity, and PreviewInProgress while another preview of the template is being made.
    """
    wanted, token, now = owned(caller, template_arn, "template"), str(uuid.uuid4()), milliseconds()
    with service.database.write() as connection:
        if not templates.lock(connection, caller.account, *wanted.ids):
            raise unknown(wanted)
        if stored.preview_in_progress(connection, wanted.id, now - _GIVEN_UP):
            raise PreviewInProgress("a preview of this template is being made")
        stored.begin_preview(connection, token, wanted.id, now)
        args = {"token": token, "account": caller.account}
        service.jobs.enqueue("preview", args, key=f"preview {token}", conn=connection)
    return token


def get_preview(
    service: Service,
    caller: Caller,
    template_arn: str,
    token: str,
    *,
    page_token: str | None = None,
    max_results: int | None = None,
) -> tuple[str, paging.Page[Exclusion]]:
    """How far a preview is (`WORK_IN_PROGRESS`, `COMPLETED`), and a page of it. A token is good for a day.

    Raises InvalidInput for an unknown or expired token, NoSuchEntity for an unknown template.
    """
    length = paging.size(max_results, default=_DEFAULT)
    wanted = owned(caller, template_arn, "template")
    pager = paging.Pager(service.keys["paging"], paging.query("preview", template_arn, token))
    start = pager.after(page_token) or 0
    with service.database.read() as connection:
        if templates.get(connection, caller.account, *wanted.ids) is None:
            raise unknown(wanted)
        found = stored.get_preview(connection, wanted.id, token, milliseconds() - PREVIEW_LASTS)
    if found is None:
        raise InvalidInput("INVALID_ASSESSMENT_TEMPLATE_ARN", "the template has no preview of this token (any more)")
    status, listed = found
    places = list(enumerate(listed, 1))[start : start + length + 1]
    part = paging.page(places, length, pager, lambda item: item[0])
    return status, paging.Page(tuple(one for _, one in part.items), part.next_token)
