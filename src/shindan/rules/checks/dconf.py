"""Check kind `dconf`: a setting that an administrator makes for all desktops, or for the login screen.

The value is that of the system databases of a profile, by their key files; it is in force only once `dconf update` has
made them into databases, which facts `dconf` tell. What users set themselves counts before it unless it is locked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import comparison
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, absent, judged
from shindan.rules.examined import Examined
from shindan.rules.files.dconf import Database, Value, key_of, profile

_UPDATE = "made by `dconf update` after the last change"


def _run(host: Examined, p: Arguments) -> Result:
    facts = host.all("dconf")
    if not any(one.data.get("installed") for one in facts):
        return Result("not_applicable", reason="the host has no dconf")
    if p["up_to_date"]:
        known = [one for one in facts if "up_to_date" in one.data]
        looked = [(bool(one.data["up_to_date"]), _state_of(host, one.subject)) for one in known]
        return judged(looked, empty=Result("not_applicable", reason="dconf has no database with key files"))
    return _setting(host, p)


def _setting(host: Examined, p: Arguments) -> Result:
    key, wanted = key_of(p["key"]), comparison(p)
    words = f"{p['key']} {wanted or ''}{', locked' if p['locked'] else ''}".strip()
    databases = profile(host, p["profile"])
    if not databases:
        return absent(p["absent"], Evidence(f"dconf profile {p['profile']}", "names no system database", words))
    locked = max((number for number, one in enumerate(databases) if key in one.locks), default=-1)
    found = _effective(databases, key, max(locked, 0))
    if found is None and (wanted is not None or not p["locked"]):
        return absent(p["absent"], Evidence(f"dconf profile {p['profile']}", f"{p['key']} is not set", words))
    return judged(list(_looked(host, p, databases, locked, found)), empty=Result("pass"))


def _looked(
    host: Examined, p: Arguments, databases: Sequence[Database], locked: int, found: tuple[Database, Value] | None
) -> Iterator[tuple[bool, Evidence]]:
    key, wanted = key_of(p["key"]), comparison(p)
    used = {found[0].name} if found else set()
    if found is not None:
        good = wanted is None or wanted.holds(found[1].text)
        yield good, Evidence(found[1].path, f"{p['key']} = {found[1].text}", str(wanted or "set"))
    if p["locked"]:
        place = databases[locked].locks[key] if locked >= 0 else f"dconf profile {p['profile']}"
        yield locked >= 0, Evidence(place, f"{p['key']} {'locked' if locked >= 0 else 'not locked'}", "locked")
        used |= {databases[locked].name} if locked >= 0 else set()
    for name in sorted(one for one in used if not one.startswith("/")):
        state = _state(host, name)
        if state != "up to date":
            yield False, _state_of(host, name)


def _effective(databases: Sequence[Database], key: str, start: int) -> tuple[Database, Value] | None:
    return next(((one, one.values[key]) for one in databases[start:] if key in one.values), None)


def _state_of(host: Examined, name: str) -> Evidence:
    return Evidence(f"dconf database {name}", _state(host, name), _UPDATE)


def _state(host: Examined, name: str) -> str:
    fact = host.one("dconf", name)
    if fact is None:
        raise CannotTell("unknown", f"nobody looked at dconf's database {name}")
    if not fact.data.get("compiled"):
        return "not made: `dconf update` has not been run"
    return "up to date" if fact.data.get("up_to_date") else f"older than {fact.data.get('newest') or 'its key files'}"


KIND = Kind(
    "dconf",
    "a setting that an administrator makes for all desktops",
    {
        "key": Parameter("string", "the key with its path: `org/gnome/desktop/screensaver/lock-delay`"),
        "locked": Parameter("boolean", "users cannot change it", default=False),
        "profile": Parameter("string", "whose profile", default="user", choices=("user", "gdm")),
        "up_to_date": Parameter("boolean", "every database is newer than its key files"),
        "absent": ABSENT,
    },
    _run,
    ("dconf", "text"),
    one_of=(("key", "up_to_date"),),
    compares="allowed",
)
