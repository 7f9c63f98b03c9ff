"""How long a password may be kept: for accounts to come (login.defs) and for each that there is (shadow).

What login.defs says counts only when an account is made, so both are judged. Source: login.defs(5), shadow(5);
openSUSE keeps its defaults in /usr/etc and drop-ins in /etc/login.defs.d.
"""

from __future__ import annotations

from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.files.settings import login_defs
from shindan.rules.files.texts import below, lines_of
from shindan.rules.practices.people import elsewhere, with_password, without_password

_KEY = "PASS_MAX_DAYS"


def _maximum_age(host: Examined, p: Arguments) -> Result:
    reason = without_password(host)
    if reason:
        return Result("not_applicable", reason=reason)
    most = p["days"]
    wanted = f"1 to {most} days"
    place, days = setting(host, _KEY)
    looked = [(_is_so(days, most), Evidence(place, f"{_KEY} {days}" if days else f"{_KEY} is not set", wanted))]
    for one in with_password(host):
        limit = one.data.get("max")
        # An empty field is no limit, and neither is a negative number.
        endless = limit is None or limit < 0
        seen = "no limit" if endless else f"{limit} days"
        looked.append((_is_so("" if endless else str(limit), most), Evidence(f"account {one.subject}", seen, wanted)))
    said = judged(looked, empty=Result("pass"))
    note = elsewhere(host).strip(" ()")
    return said._replace(evidence=(*said.evidence, Evidence("accounts", note, wanted))) if note else said


def setting(host: Examined, key: str) -> tuple[str, str]:
    """Where login.defs sets a key last, and to what; "" where it does not. Raises CannotTell where nobody read it."""
    own = lines_of(host, "/etc/login.defs")
    files = {"/etc/login.defs": own} if own is not None else {}
    if own is None:
        vendor = lines_of(host, "/usr/etc/login.defs")
        files = {"/usr/etc/login.defs": vendor} if vendor is not None else {}
    if host.inventory.one("text", "/etc/login.defs.d/*") is not None:
        files.update(below(host, "/etc/login.defs.d", ""))
    found = ("/etc/login.defs", "")
    for path, lines in files.items():
        for one in login_defs(lines):
            if one.key == key:
                found = (f"{path} line {one.line}", one.value.split()[0] if one.value.split() else "")
    return found


def _is_so(days: str, most: int) -> bool:
    return days.isdigit() and 0 < int(days) <= most


MAXIMUM_AGE = CodedRule(
    Rule(
        "practices-password-maximum-age",
        "Configure password maximum age",
        "Medium",
        "Passwords may be kept for ever, so one that leaked opens the host for as long as nobody notices.",
        "Set `PASS_MAX_DAYS 365` in /etc/login.defs for accounts to come, and `chage --maxdays 365 NAME` for each that "
        "there is: the file does not change those.",
        references=("man:login.defs(5)", "man:chage(1)"),
        flaw="Instance {agent} lets passwords be kept without a maximum age",
    ),
    Kind(
        "practices-password-maximum-age",
        "how long passwords may be kept",
        {"days": Parameter("integer", "the longest time in days", default=365)},
        _maximum_age,
        ("account", "text"),
    ),
)
