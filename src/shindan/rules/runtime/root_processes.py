"""Processes of root whose code somebody else can replace: executable mappings, scripts, and the folders above them.

Who can write is judged on the host, through the process's own root (facts `process`, `writable`): owners other than
root, everybody, groups with members other than root, access control lists.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.runtime.window import answered, processes, within

_WANTED = "code that root alone can write"


def _root_processes(host: Examined, p: Arguments) -> Result:
    found = [one for one in processes(host) if 0 in one.data["uids"]]
    bad = [line for one in found for line in _writable(one, p)]
    good = Evidence("processes of root", f"none of {len(found)} programs", _WANTED)
    return answered(host, list(dict.fromkeys(bad)), good, "process")


def _writable(fact: Fact, p: Arguments) -> Iterator[Evidence]:
    data = fact.data
    if within(data) and not p["containers"]:
        return
    for one in data.get("writable", ()):
        path, by = str(one["path"]), str(one["by"])
        if any(fnmatch.fnmatchcase(path, pattern) for pattern in p["accepted"] or ()):
            continue
        what = path if path == data["path"] else f"{path} in {data['path']}"
        seen = str(one["why"]) if by == path else f"{by}: {one['why']}"
        yield Evidence(f"{what}{within(data)}", seen, _WANTED)


ROOT_PROCESSES = CodedRule(
    Rule(
        "runtime-root-processes",
        "Root Process with Insecure Permissions",
        "High",
        "Processes of root run code that others than root can replace, which makes them root.",
        "Give each file, and each folder above it, back to root (`chown root:root`, `chmod go-w`, `setfacl -b`), look "
        "whether it was changed already, and restart the process.",
        flaw="Instance {agent} runs processes of root whose code others can write",
    ),
    Kind(
        "runtime-root-processes",
        "code of root that others can write",
        {
            "accepted": Parameter("strings", "paths and patterns that are left out: `/opt/app/*`"),
            "containers": Parameter("boolean", "whether processes of containers count", default=True),
        },
        _root_processes,
        ("process",),
    ),
)
