"""Check kind `process`: what the processes of a program have in common."""

from __future__ import annotations

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined


def _run(host: Examined, p: Arguments) -> Result:
    found = [one for one in host.all("process") if str(one.data["path"]).rpartition("/")[2] == p["name"]]
    names = {fact.data["uid"]: fact.subject for fact in host.inventory.all("account")}
    wanted = " or ".join(p["user"])
    looked = []
    for one in found:
        users = [str(names.get(uid, uid)) for uid in one.data["uids"]]
        looked.append((set(users) <= set(p["user"]), Evidence(one.subject, f"runs as {', '.join(users)}", wanted)))
    return judged(looked, empty=Result("not_applicable", reason=f"no {p['name']} runs"))


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
