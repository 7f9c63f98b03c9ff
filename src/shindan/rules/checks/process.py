"""Check kind `process`: what the processes of a program have in common."""

from __future__ import annotations

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined


def _run(host: Examined, p: Arguments) -> Result:
    found = [one for one in host.all("process") if _file_name(one) == p["name"]]
    looked = [
        (_user(one) in p["user"], Evidence(one.subject, f"runs as {_user(one)}", " or ".join(p["user"])))
        for one in found
    ]
    return judged(looked, empty=Result("not_applicable", reason=f"no {p['name']} runs"))


def _file_name(one: Fact) -> str:
    return str(one.data.get("program", one.subject)).rpartition("/")[2]


def _user(one: Fact) -> str:
    return str(one.data.get("user") or one.data.get("uid"))


KIND = Kind(
    "process",
    "whom the processes of a program run as",
    {
        "name": Parameter("string", "the program's file name", required=True),
        "user": Parameter("strings", "names or numbers of users that it may run as", required=True),
    },
    _run,
    ("process",),
)
