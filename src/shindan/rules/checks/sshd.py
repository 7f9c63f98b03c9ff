"""Check kind `sshd`: an option of the SSH server as it is in force, for everybody or within every Match block.

Facts `sshd` hold what `sshd -T` printed (or what was read from its files where it could not be run), with names in
small letters as it prints them. An option that is not among them is judged by `absent`: older servers lack some.
"""

from __future__ import annotations

from collections.abc import Sequence

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import Comparison, comparison
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, absent, judged
from shindan.rules.examined import Examined

_GLOBAL = "global"
_CONTEXTS = (_GLOBAL, "all")


def _run(host: Examined, p: Arguments) -> Result:
    facts = host.all("sshd")
    base = host.one("sshd", _GLOBAL)
    if base is None:
        raise CannotTell("error", "what the SSH server does for everybody is not known")
    if base.data.get("installed") is False:
        return Result("not_applicable", reason="the host has no SSH server")
    contexts = [base] if p["contexts"] == _GLOBAL else [base, *(one for one in facts if one is not base)]
    name, wanted = p["option"].lower(), comparison(p)
    looked = []
    for one in contexts:
        values = _values(one, name)
        if values is None and one is not base:
            continue  # the block says nothing of it: what is in force for everybody is
        looked.append((values is not None and _is_so(values, wanted, p), _evidence(one, p, values, wanted)))
    if _values(base, name) is None and len(looked) == 1:
        return absent(p["absent"], looked[0][1])
    return judged(looked, empty=Result("pass"))


def _values(fact: Fact, name: str) -> list[str] | None:
    """Every value of an option; None where it is not there."""
    found = dict(fact.data.get("options", {})).get(name)
    if found is None:
        return None
    return [str(one) for one in found] if isinstance(found, list) else [str(found)]


def _is_so(values: Sequence[str], wanted: Comparison | None, p: Arguments) -> bool:
    if p["subset_of"] or p["lacks"]:
        listed = {one.strip() for value in values for one in value.split(",") if one.strip()}
        return (not p["subset_of"] or listed <= set(p["subset_of"])) and not listed & set(p["lacks"] or ())
    if p["numbers"]:
        # `start:rate:full` is stricter where it begins earlier, refuses more, and refuses all earlier.
        start, rate, full = ([*values[0].split(":"), "", ""])[:3]
        most = [int(one) for one in p["numbers"].split(":")]
        given = [int(one) if one.isdigit() else -1 for one in (start, rate, full)]
        return -1 not in given and given[0] <= most[0] and given[1] >= most[1] and given[2] <= most[2]
    return wanted is None or all(wanted.holds(one) for one in values)


def _evidence(fact: Fact, p: Arguments, values: Sequence[str] | None, wanted: Comparison | None) -> Evidence:
    where = "sshd" if fact.subject == _GLOBAL else f"sshd, {fact.subject}"
    seen = f"{p['option']} {', '.join(values)}" if values is not None else f"{p['option']} is not set"
    if fact.data.get("changed_since_start"):
        seen += " (changed since the server was started)"
    if p["subset_of"]:
        want = f"nothing but {', '.join(p['subset_of'])}"
    elif p["lacks"]:
        want = f"none of {', '.join(p['lacks'])}"
    else:
        want = str(wanted) if wanted else p["numbers"] or "set"
    return Evidence(where, seen, f"{p['option']} {want}")


KIND = Kind(
    "sshd",
    "an option of the SSH server as it is in force",
    {
        "option": Parameter("string", "its name, as sshd_config(5) writes it", required=True),
        "contexts": Parameter(
            "string", "for everybody, or also in every Match block", default="all", choices=_CONTEXTS
        ),
        "subset_of": Parameter("strings", "with a list: nothing beyond these"),
        "lacks": Parameter("strings", "with a list: none of these"),
        "numbers": Parameter("string", "with MaxStartups: as strict as `10:30:60`"),
        "absent": ABSENT,
    },
    _run,
    ("sshd",),
    compares="allowed",
)
