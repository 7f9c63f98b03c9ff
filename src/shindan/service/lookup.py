"""The API's name of a thing by its id alone: what addresses of pages carry."""

from __future__ import annotations

import re

from shindan.model.arn import Kind
from shindan.service.caller import Caller
from shindan.service.service import Service
from shindan.store import runs, templates

_ID = re.compile(r"0-[A-Za-z0-9]{8}")


def is_id(text: str) -> bool:
    """Whether it has the form of an id."""
    return _ID.fullmatch(text) is not None


def arn_of(service: Service, caller: Caller, kind: Kind, id_: str) -> str | None:
    """The name of the account's run or template of an id; None where there is none."""
    with service.database.read() as connection:
        if kind == "run":
            run = runs.get(connection, id_)
            known = run is not None and run.account == caller.account
            return str(caller.arn("run", run.target, run.template, run.id)) if run is not None and known else None
        found = templates.named(connection, caller.account, [id_]).get(id_)
        return str(caller.arn("template", found.target, found.id)) if found is not None else None
