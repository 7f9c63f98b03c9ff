"""Check kind `home`: the home folders of people, and the dot files in them.

People are accounts from UID_MIN on with a shell that lets them in. A home folder that was not visited (a network file
system) is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, judged
from shindan.rules.examined import Examined

Looked = Iterator[tuple[bool, Evidence]]


def _run(host: Examined, p: Arguments) -> Result:
    homes = [one for one in host.all("home") if one.subject != "*"]
    hidden = [one for one in homes if one.data.get("exists") is None]
    looked = [line for one in homes if one not in hidden for line in _QUERIES[p["query"]](one, p)]
    if hidden and all(good for good, _ in looked):
        raise CannotTell(
            "unknown", f"the home of {hidden[0].subject} was not visited: {hidden[0].data.get('reason', '')}"
        )
    return judged(looked, empty=Result("pass", (Evidence("homes", f"{len(homes)} looked at", p["query"]),)))


def _exists(home: Fact, _: Arguments) -> Looked:
    yield bool(home.data["exists"]), _evidence(home, "there" if home.data["exists"] else "missing", "there")


def _owner(home: Fact, _: Arguments) -> Looked:
    if home.data["exists"]:
        yield (
            home.data["uid"] == home.data["of"],
            _evidence(home, f"owned by {home.data['uid']}", f"owned by {home.data['of']}"),
        )


def _group(home: Fact, _: Arguments) -> Looked:
    if home.data["exists"]:
        wanted = home.data["of_group"]
        yield home.data["gid"] == wanted, _evidence(home, f"group {home.data['gid']}", f"group {wanted}")


def _mode(home: Fact, p: Arguments) -> Looked:
    if home.data["exists"]:
        yield _at_most(home.data["mode"], p), _evidence(home, str(home.data["mode"]), f"at most {p['mode_max']}")


def _dot_files(home: Fact, p: Arguments) -> Sequence[Mapping[str, Any]]:
    names = p["files"]
    listed: Sequence[Mapping[str, Any]] = home.data.get("files", ()) if home.data["exists"] else ()
    return [one for one in listed if not names or one["name"] in names]


def _dot_mode(home: Fact, p: Arguments) -> Looked:
    for one in _dot_files(home, p):
        yield _at_most(one["mode"], p), _evidence(home, str(one["mode"]), f"at most {p['mode_max']}", one["name"])


def _dot_owner(home: Fact, p: Arguments) -> Looked:
    for one in _dot_files(home, p):
        yield (
            one["uid"] == home.data["of"],
            _evidence(home, f"owned by {one['uid']}", f"owned by {home.data['of']}", one["name"]),
        )


def _dot_group(home: Fact, p: Arguments) -> Looked:
    for one in _dot_files(home, p):
        wanted = home.data["of_group"]
        yield one["gid"] == wanted, _evidence(home, f"group {one['gid']}", f"group {wanted}", one["name"])


def _forbidden(home: Fact, p: Arguments) -> Looked:
    for one in _dot_files(home, p):
        yield False, _evidence(home, "there", "no such file", one["name"])


def _at_most(mode: str, p: Arguments) -> bool:
    return not int(str(mode), 8) & ~int(p["mode_max"] or "0750", 8) & 0o7777


def _evidence(home: Fact, seen: str, wanted: str, name: str = "") -> Evidence:
    return Evidence(f"{home.data['path']}{'/' + name if name else ''} of {home.subject}", seen, wanted)


_QUERIES: Mapping[str, Callable[[Fact, Arguments], Looked]] = {
    "exists": _exists,
    "owner": _owner,
    "group": _group,
    "mode": _mode,
    "dotfiles_mode": _dot_mode,
    "dotfiles_owner": _dot_owner,
    "dotfiles_group": _dot_group,
    "forbidden": _forbidden,
}

KIND = Kind(
    "home",
    "home folders of people, and the dot files in them",
    {
        "query": Parameter("string", "what is asked", required=True, choices=tuple(_QUERIES)),
        "mode_max": Parameter("mode", "no bit beyond these"),
        "files": Parameter("strings", "only these dot files"),
    },
    _run,
    ("home",),
)
