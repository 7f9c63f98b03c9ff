"""What of a run the assessment API does not tell (`service.run_verdict`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shindan.api.own import OwnCall, asked
from shindan.service.caller import Caller
from shindan.service.run_verdict import verdict
from shindan.service.service import Service


class Verdict(Struct, forbid_unknown_fields=True):
    """A run that ended (ARN), and thresholds as `--fail-on` takes them."""

    run: str
    fail_on: list[str] = []


def _verdict(service: Service, caller: Caller, request: Mapping[str, Any]) -> dict[str, Any]:
    wanted = asked(request, Verdict)
    found: dict[str, Any] = msgspec.to_builtins(verdict(service, caller, wanted.run, wanted.fail_on))
    return found


CALLS: Mapping[str, OwnCall] = {"GetRunVerdict": _verdict}
