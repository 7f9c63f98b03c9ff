"""Check kind `manual`: what no machine can check."""

from __future__ import annotations

from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined

_TEXT = {"text": Parameter("string", "what a person has to look at", required=True)}


def _run(_: Examined, p: Arguments) -> Result:
    return Result("manual", reason=p["text"])


KIND = Kind("manual", "what a person has to look at", _TEXT, _run, ())
