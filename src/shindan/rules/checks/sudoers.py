"""Check kind `sudoers`: what sudo is told by its files, for everybody and for single users, hosts and commands.

An option of `Defaults` must be right for everybody, and wherever a single user, host or command is given another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import Comparison, comparison
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, absent, judged
from shindan.rules.examined import Examined
from shindan.rules.files.sudoers import MAIN, TAGS, Default, Sudoers, sudoers


def _run(host: Examined, p: Arguments) -> Result:
    read = host.view("sudoers", sudoers)
    if read is None:
        return Result("not_applicable", reason=f"there is no {MAIN}")
    if p["tag_lacks"]:
        return _tags(read, p["tag_lacks"])
    return _lacks(read, p["lacks"]) if p["lacks"] else _has(read, p)


def _tags(read: Sudoers, tags: list[str]) -> Result:
    wanted = f"no {' or '.join(tags)}"
    bad = [(False, Evidence(one.place, one.text, wanted)) for one in read.grants if set(tags) & set(one.tags)]
    return judged(bad, empty=Result("pass", (Evidence(MAIN, "nobody has such a tag", wanted),)))


def _lacks(read: Sudoers, option: str) -> Result:
    name, on = option.lstrip("!"), not option.startswith("!")
    bad = [
        (False, Evidence(one.place, _shown(one), f"no {option}")) for one in _last(read, name).values() if one.on == on
    ]
    return judged(bad, empty=Result("pass", (Evidence(MAIN, f"{option} is not set", f"no {option}"),)))


def _has(read: Sudoers, p: Arguments) -> Result:
    option, wanted = p["has"], comparison(p)
    words = f"{option} {wanted or ''}".strip()
    found = _last(read, option)
    looked = [(one.on and _is_so(one.value, wanted), Evidence(one.place, _shown(one), words)) for one in found.values()]
    if "" in found:
        return judged(looked, empty=Result("pass"))
    if p["default"] is not None:
        seen = Evidence(MAIN, f"{option} is not set, which means {p['default']}", words)
        return judged([(_is_so(p["default"], wanted), seen), *looked], empty=Result("pass"))
    return absent(p["absent"], Evidence(MAIN, f"{option} is not set for everybody", words))


def _last(read: Sudoers, name: str) -> Mapping[str, Default]:
    """Scope → the last setting of an option there."""
    return {one.scope: one for one in read.defaults if one.name == name}


def _is_so(value: str, wanted: Comparison | None) -> bool:
    if wanted is None:
        return True
    whole, dot, part = value.partition(".")
    if dot and part.isdigit() and whole.lstrip("-").isdigit():
        # Minutes may have a fraction: what is above a limit stays above it.
        above = int(part) > 0 and not whole.startswith("-")
        value = str(int(whole) + above)
    return wanted.holds(value)


def _shown(one: Default) -> str:
    value = f"={one.value}" if one.value else ""
    return f"Defaults{one.scope} {'' if one.on else '!'}{one.name}{value}"


KIND = Kind(
    "sudoers",
    "what sudo is told by its files",
    {
        "has": Parameter("string", "an option of `Defaults` that must be on: `use_pty`, `timestamp_timeout`"),
        "default": Parameter("string", "with `has`: what sudo takes where it is not set"),
        "lacks": Parameter("string", "an option that must not be so: `!authenticate`, `visiblepw`"),
        "tag_lacks": Parameter("strings", "tags that nobody may have: `NOPASSWD`", choices=TAGS),
        "absent": ABSENT,
    },
    _run,
    ("text",),
    one_of=(("has", "lacks", "tag_lacks"),),
    compares="allowed",
)
