"""Check kind `file`: type, mode, owner, group and access control list of files and folders.

Facts of kind `file` tell of a link what it leads to, so that a link to an open file is judged as that file. Which
paths were looked at is told, too: `type` is `absent` for a path that is not there, `pattern` for a pattern that was
followed. A path of which there is no fact at all is unknown.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Callable, Iterator, Sequence

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks import patterns
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, absent, all_of, judged
from shindan.rules.examined import Examined

_TYPES = ("regular", "directory", "link", "socket", "fifo", "block", "char", "absent")


def _run(host: Examined, p: Arguments) -> Result:
    wanted = _wanted(p)
    results = [_one(host, path, p, wanted) for path in p["paths"] or ([p["path"]] if p["path"] else [])]
    if not results:
        results = [_many(host, p, wanted)]
    return all_of(results)


def _one(host: Examined, path: str, p: Arguments, wanted: str) -> Result:
    fact = host.one("file", path)
    if fact is None:
        raise CannotTell("unknown", f"nobody looked at {path}")
    if fact.data["type"] == "absent":
        return absent("pass" if p["type"] == "absent" else p["absent"], Evidence(path, "missing", wanted))
    return judged([(not _wrong(fact, p), _evidence(fact, wanted))], empty=Result("pass"))


def _many(host: Examined, p: Arguments, wanted: str) -> Result:
    pattern = p["glob"] or f"{p['dir'].rstrip('/')}/{'**' if p['recursive'] else '*'}"
    looked = host.one("file", pattern)
    if looked is None:
        raise CannotTell("unknown", f"nobody looked for {pattern}")
    if looked.data.get("complete") is False:
        raise CannotTell("error", f"{pattern}: {looked.data.get('reason') or 'too many files to look at all'}")
    found = [fact for fact in _matching(host, pattern) if _is_meant(fact, p)]
    nothing = absent(p["absent"], Evidence(pattern, "no such file", wanted))
    return judged([(not _wrong(fact, p), _evidence(fact, wanted)) for fact in found], empty=nothing)


def _matching(host: Examined, pattern: str) -> Sequence[Fact]:
    """Facts of what was found below a pattern; made once for each host and pattern."""
    matches = _glob(pattern)

    def found(_: Examined) -> list[Fact]:
        there = (one for one in host.all("file") if one.data["type"] not in ("absent", "pattern"))
        return [one for one in there if matches(one.subject)]

    return host.view(("files", pattern), found)


@functools.lru_cache(maxsize=512)
def _glob(pattern: str) -> Callable[[str], bool]:
    """`*` stays within a folder, `**` goes below."""
    pieces = (".*" if piece == "**" else _within(re.escape(piece)) for piece in re.split(r"(\*\*)", pattern))
    compiled = re.compile("".join(pieces))
    return lambda path: compiled.fullmatch(path) is not None


def _within(piece: str) -> str:
    return piece.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")


def _is_meant(fact: Fact, p: Arguments) -> bool:
    name = fact.subject.rpartition("/")[2]
    if p["name_matches"] and not patterns.found(p["name_matches"], name):
        return False
    if any(fnmatch.fnmatchcase(fact.subject, one) for one in p["exclude"] or ()):
        return False
    # What a pattern finds of another type is not what the rule is about.
    return not p["type"] or fact.data["type"] == p["type"]


def _wrong(fact: Fact, p: Arguments) -> bool:
    return next(_faults(fact, p), None) is not None


def _faults(fact: Fact, p: Arguments) -> Iterator[str]:
    data = fact.data
    mode = int(str(data["mode"]), 8)
    if p["type"] and data["type"] != p["type"]:
        yield "type"
    if p["mode_max"] and mode & ~int(p["mode_max"], 8) & 0o7777:
        yield "mode"
    if p["mode_eq"] and mode != int(p["mode_eq"], 8):
        yield "mode"
    if p["mode_forbid"] and mode & int(p["mode_forbid"], 8):
        yield "mode"
    for key, number in (("owner", "uid"), ("group", "gid")):
        # A name that the host does not know is shown as its number; root is 0 whatever the host calls it.
        names = {str(data.get(key) or data[number]), "root" if data[number] == 0 else ""}
        if p[key] and not names & set(p[key]):
            yield key
    if p["acl"] == "none" and data.get("acl"):
        yield "acl"


def _evidence(fact: Fact, wanted: str) -> Evidence:
    data = fact.data
    owner, group = data.get("owner") or data["uid"], data.get("group") or data["gid"]
    seen = f"{data['type']} {data['mode']} {owner}:{group}"
    if data.get("acl"):
        seen += " with an access control list"
    if data.get("link"):
        seen += f", through a link to {data.get('target')}"
    return Evidence(fact.subject, seen, wanted)


def _wanted(p: Arguments) -> str:
    parts = [
        p["type"] or "",
        f"at most {p['mode_max']}" if p["mode_max"] else "",
        p["mode_eq"] or "",
        f"none of the bits {p['mode_forbid']}" if p["mode_forbid"] else "",
        f"owner {' or '.join(p['owner'])}" if p["owner"] else "",
        f"group {' or '.join(p['group'])}" if p["group"] else "",
        "no access control list" if p["acl"] == "none" else "",
    ]
    return ", ".join(part for part in parts if part) or "there"


KIND = Kind(
    "file",
    "type, mode, owner, group and access control list of files and folders",
    {
        "path": Parameter("string", "one path"),
        "paths": Parameter("strings", "several paths, each judged"),
        "glob": Parameter("string", "every path that matches: `*` within a folder, `**` below it"),
        "dir": Parameter("string", "every entry of a folder"),
        "name_matches": Parameter("string", "with `dir` or `glob`: only names in which this pattern occurs"),
        "recursive": Parameter("boolean", "with `dir`: the folders below, too", default=False),
        "type": Parameter("string", "what it must be; `absent`, with a path: that it is not there", choices=_TYPES),
        "mode_max": Parameter("mode", "no bit beyond these, setuid, setgid and sticky included"),
        "mode_eq": Parameter("mode", "exactly these bits"),
        "mode_forbid": Parameter("mode", "none of these bits"),
        "owner": Parameter("strings", "names or numbers that may own it"),
        "group": Parameter("strings", "names or numbers of groups that may own it"),
        "acl": Parameter("string", "no access control list beyond the mode", choices=("none",)),
        "exclude": Parameter("strings", "paths and patterns left out"),
        "absent": ABSENT._replace(default="pass"),
    },
    _run,
    ("file",),
    one_of=(("path", "paths", "glob", "dir"),),
)
