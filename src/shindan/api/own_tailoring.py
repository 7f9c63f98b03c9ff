"""Tailoring of rules and zones of networks, over HTTP and on the command line (`service.tailoring`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from shindan.api.own import OwnCall, asked
from shindan.model.tailoring import Entry
from shindan.service import tailoring
from shindan.service.caller import Caller
from shindan.service.service import Service


class _Form(Struct, forbid_unknown_fields=True):
    pass


class Wanted(_Form):
    """See `model.tailoring.Entry`; `set` are its values."""

    reason: str
    rule: str = ""
    control: str = ""
    benchmark: str = ""
    off: bool = False
    set: dict[str, Any] = {}
    severity: str = ""
    tags: dict[str, str] = {}
    owner: str = ""
    until: str = ""


class Id(_Form):
    """An entry by its id."""

    id: str


class File(_Form):
    """A file's text."""

    text: str


class OfRun(_Form):
    """A run (ARN)."""

    run: str


class Nothing(_Form):
    """Nothing is asked."""


def _list(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    asked(request, Nothing)
    found = tailoring.list_(service, caller)
    return {"entries": [_shown(one) | {"in_force": current} for one, current in found]}


def _set(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    one = asked(request, Wanted)
    wanted = Entry(
        "", one.rule, one.control, one.benchmark, one.off, one.set, one.severity, tuple(one.tags.items()), one.reason,
        one.owner, one.until,
    )  # fmt: skip
    return {"entry": _shown(tailoring.set_(service, caller, wanted))}


def _remove(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    tailoring.remove(service, caller, asked(request, Id).id)
    return {}


def _import(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"entries": [_shown(one) for one in tailoring.import_(service, caller, asked(request, File).text)]}


def _export(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    asked(request, Nothing)
    return {"text": tailoring.export(service, caller)}


def _of_run(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    return tailoring.of_run(service, caller, asked(request, OfRun).run)


def _zones(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    asked(request, Nothing)
    return {"text": tailoring.zones(service, caller)}


def _set_zones(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"zones": tailoring.set_zones(service, caller, asked(request, File).text)}


def _shown(one: Entry) -> dict[str, Any]:
    found = {**one._asdict(), "set": dict(one.values), "tags": dict(one.tags)}
    del found["values"]
    return found


CALLS: Mapping[str, OwnCall] = {
    "ListTailoring": _list,
    "SetTailoring": _set,
    "RemoveTailoring": _remove,
    "ImportTailoring": _import,
    "ExportTailoring": _export,
    "GetRunTailoring": _of_run,
    "GetZones": _zones,
    "SetZones": _set_zones,
}
