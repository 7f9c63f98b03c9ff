"""From the id in an address to the API's name of a thing, and back: addresses need not carry ARNs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from shindan.console.page import Visit
from shindan.model.arn import Kind
from shindan.model.assessment import Target, Template
from shindan.model.refusals import NoSuchEntity
from shindan.model.run import RunView
from shindan.service import lookup, runs, targets, templates

Item = TypeVar("Item")


def run_of(visit: Visit) -> tuple[str, RunView]:
    """The run of the address: its ARN, and what there is to say. Raises NoSuchEntity."""
    arn = _arn(visit, "run", visit.part("id"))
    return arn, _one(runs.describe(visit.service, visit.caller, [arn]).items, arn)


def template_of(visit: Visit, id_: str) -> tuple[str, Template]:
    """A template by id. Raises NoSuchEntity."""
    arn = _arn(visit, "template", id_)
    return arn, _one(templates.describe(visit.service, visit.caller, [arn]).items, arn)


def target_of(visit: Visit, id_: str) -> tuple[str, Target]:
    """A target by id. Raises NoSuchEntity."""
    arn = str(visit.caller.arn("target", id_)) if lookup.is_id(id_) else ""
    if not arn:
        raise _nobody(id_)
    return arn, _one(targets.describe(visit.service, visit.caller, [arn]).items, arn)


def _arn(visit: Visit, kind: Kind, id_: str) -> str:
    found = lookup.arn_of(visit.service, visit.caller, kind, id_) if lookup.is_id(id_) else None
    if found is None:
        raise _nobody(id_)
    return found


def _one(items: Sequence[Item], arn: str) -> Item:
    if not items:
        raise _nobody(arn)
    return items[0]


def _nobody(name: str) -> NoSuchEntity:
    return NoSuchEntity("RUN_DOES_NOT_EXIST", f"there is no {name[:120]}")
