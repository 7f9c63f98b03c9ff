"""Check kind `file_scan`: what one walk over the host's file systems found.

Facts `sweep` say how many entries were found and list the first of them; a walk that was cut short (too many entries,
too much time) cannot pass.
"""

from __future__ import annotations

import fnmatch

from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined

_SEARCHES = {
    "world_writable": "no file that everybody may write",
    "no_sticky": "no folder that everybody may write without the sticky bit",
    "unowned": "no file of a user that does not exist",
    "ungrouped": "no file of a group that does not exist",
    "setuid": "no setuid program beyond those allowed",
    "setgid": "no setgid program beyond those allowed",
}


def _run(host: Examined, p: Arguments) -> Result:
    fact = host.one("sweep", p["predicate"])
    if fact is None:
        raise CannotTell("unknown", f"nobody searched for {p['predicate']}")
    allowed = [*(p["exclude"] or ()), *(p["allowed"] or ())]
    listed = [str(path) for path in fact.data.get("paths", ())]
    found = [path for path in listed if not any(fnmatch.fnmatchcase(path, pattern) for pattern in allowed)]
    wanted = _SEARCHES[p["predicate"]]
    if found:
        return Result("fail", tuple(Evidence(path, p["predicate"].replace("_", " "), wanted) for path in found))
    if int(fact.data["count"]) > len(listed):
        raise CannotTell("error", f"{fact.data['count']} were found, of which only {len(listed)} are listed")
    if not fact.data.get("complete"):
        raise CannotTell("unknown", f"the walk was cut short after {fact.data.get('walked', 0)} entries")
    return Result("pass", (Evidence("file systems", f"{fact.data.get('walked', 0)} entries looked at", wanted),))


KIND = Kind(
    "file_scan",
    "what one walk over the file systems found",
    {
        "predicate": Parameter("string", "what was searched for", required=True, choices=tuple(_SEARCHES)),
        "exclude": Parameter("strings", "paths and patterns left out"),
        "allowed": Parameter("strings", "paths and patterns that may be found"),
    },
    _run,
    ("sweep",),
)
