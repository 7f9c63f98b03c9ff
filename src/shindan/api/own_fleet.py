"""An account's configuration as one document (`service.fleet`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shindan.api.own import OwnCall, asked
from shindan.service.caller import Caller
from shindan.service.fleet.applying import apply
from shindan.service.fleet.document import Fleet, plain
from shindan.service.fleet.exporting import export
from shindan.service.service import Service


class Apply(Struct, forbid_unknown_fields=True):
    """A document, and how it is meant."""

    document: Fleet
    dry_run: bool = False
    prune: bool = False
    replace: bool = False


class Get(Struct, forbid_unknown_fields=True):
    """The name that the document is to have."""

    fleet: str = "default"


def _apply(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Apply)
    how = {"dry_run": wanted.dry_run, "prune": wanted.prune, "replacing": wanted.replace}
    return {"changes": msgspec.to_builtins(apply(service, caller, wanted.document, **how))}


def _get(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    return {"document": plain(export(service, caller, asked(request, Get).fleet))}


CALLS: Mapping[str, OwnCall] = {"ApplyFleet": _apply, "GetFleet": _get}
