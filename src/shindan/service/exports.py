"""What is open now on an account's hosts, as a file: the first call has it made, later ones ask how far it is."""

from __future__ import annotations

from typing import NamedTuple

from shindan.engine.clock import milliseconds
from shindan.engine.exporting import EXPORT
from shindan.model.arn import new_id
from shindan.model.fleet import FORMS
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service.caller import Caller, owned
from shindan.service.links import export_link
from shindan.service.reports import Status
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import exports, targets
from shindan.store.exports import About, Export


class Progress(NamedTuple):
    """How far an export is: its id, to ask again; an address for an hour once it is there; why it failed, or ""."""

    export: str
    status: Status
    url: str | None = None
    error: str = ""


def start(service: Service, caller: Caller, form: str, target_arn: str = "") -> Progress:
    """Has the open findings of the account, or of a target's hosts, made into a file. Needs `GetFindingsExport`.

    Those that are suppressed are in it, as such. An export is kept for a day. Raises InvalidInput, NoSuchEntity.
    """
    must(caller, "GetFindingsExport")
    if form not in FORMS:
        raise InvalidInput("INVALID_FORMAT", f"{form[:40]!r}: choose one of {', '.join(FORMS)}")
    target = owned(caller, target_arn, "target").id if target_arn else ""
    id_ = new_id()
    with service.database.write() as connection:
        if target and targets.get(connection, caller.account, target) is None:
            raise NoSuchEntity("ASSESSMENT_TARGET_DOES_NOT_EXIST", f"there is no target {target_arn}")
        exports.begin(connection, id_, caller.account, About(form, target), milliseconds())
        service.jobs.enqueue(EXPORT, {"export": id_}, key=f"{EXPORT} {id_}", conn=connection)
    return Progress(id_, "WORK_IN_PROGRESS")


def get(service: Service, caller: Caller, id_: str) -> Progress:
    """How far an export is. Needs `GetFindingsExport`. Raises NoSuchEntity for one that is unknown or gone."""
    must(caller, "GetFindingsExport")
    with service.database.read() as connection:
        found = exports.get(connection, id_)
    if found is None or found.account != caller.account:
        raise NoSuchEntity("EXPORT_DOES_NOT_EXIST", f"there is no export {id_[:40]!r}; they are kept for a day")
    return _told(service, found)


def _told(service: Service, found: Export) -> Progress:
    status: Status = found.status  # type: ignore[assignment]
    url = export_link(service, found.id, milliseconds()) if status == "COMPLETED" else None
    return Progress(found.id, status, url, found.error)
