"""Check kind `shell_env`: a variable, or the umask, that the start-up files of shells set.

Every setting must be as wanted and at least one be there; files are read, never run, so that a setting that hangs on a
condition alone is left to people (shindan.rules.files.shell_scripts).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import comparison
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, absent
from shindan.rules.examined import Examined
from shindan.rules.files.shell_scripts import Assigned, assigned, umask_of
from shindan.rules.files.texts import texts_of

FILES = ["/etc/profile", "/etc/profile.d/*.sh", "/etc/bashrc", "/etc/bash.bashrc"]


class _Found(NamedTuple):
    """A setting and its file."""

    path: str
    one: Assigned


def _run(host: Examined, p: Arguments) -> Result:
    name = "umask" if p["umask"] else p["variable"]
    found = [
        _Found(path, one)
        for path, lines in texts_of(host, p["files"])
        for one in host.view(("shell", path), lambda _, lines=lines: list(assigned(lines)))  # type: ignore[misc]
        if one.name == name
    ]
    values = [one for one in found if one.one.value is not None]
    wanted = _words(p)
    if not values:
        return absent(p["absent"], Evidence(", ".join(p["files"]), f"{name} is not set", wanted))
    bad = tuple(_evidence(one, wanted) for one in values if not _is_right(one.one, p))
    bad += tuple(_lacking(found, p, wanted))
    if bad:
        return Result("fail", bad)
    sure = tuple(_evidence(one, wanted) for one in values if one.one.sure)
    if sure:
        return Result("pass", sure)
    places = ", ".join(f"{one.path} line {one.one.line}" for one in values)
    return Result("manual", reason=f"{name} is set under conditions alone, which cannot be judged from here: {places}")


def _is_right(one: Assigned, p: Arguments) -> bool:
    assert one.value is not None
    if p["umask"]:
        bits = umask_of(one.value)
        wanted = int(p["umask"], 8)
        return bits is not None and bits & wanted == wanted
    compared = comparison(p)
    return compared is None or compared.holds(one.value)


def _lacking(found: Sequence[_Found], p: Arguments, wanted: str) -> Iterator[Evidence]:
    name = p["variable"]
    if p["readonly"] and not any(one.one.readonly for one in found):
        yield Evidence(", ".join(p["files"]), f"{name} is not readonly", wanted)
    if p["exported"] and not any(one.one.exported for one in found):
        yield Evidence(", ".join(p["files"]), f"{name} is not exported", wanted)


def _evidence(found: _Found, wanted: str) -> Evidence:
    one = found.one
    seen = f"umask {one.value}" if one.name == "umask" else f"{one.name}={one.value}"
    return Evidence(f"{found.path} line {one.line}", seen + ("" if one.sure else ", under a condition"), wanted)


def _words(p: Arguments) -> str:
    if p["umask"]:
        return f"umask {p['umask']} or stricter"
    more = [word for word in ("readonly", "exported") if p[word]]
    return ", ".join([f"{p['variable']} {comparison(p) or 'set'}", *more])


KIND = Kind(
    "shell_env",
    "a variable, or the umask, that start-up files of shells set",
    {
        "variable": Parameter("string", "the variable: `TMOUT`"),
        "umask": Parameter("mode", "at least these bits are taken away: `027`"),
        "readonly": Parameter("boolean", "with `variable`: nobody can change it", default=False),
        "exported": Parameter("boolean", "with `variable`: programs get it, too", default=False),
        "files": Parameter("strings", "paths and `folder/*.sh`", default=FILES),
        "absent": ABSENT,
    },
    _run,
    ("text",),
    one_of=(("variable", "umask"),),
    compares="allowed",
)
