"""How long and of what kinds of characters new passwords must be, and how many old ones may not come back.

Judged is the stack of each service by which passwords are set. A module counts only where no run through the stack
sets a local password against its word: one that is jumped over, behind a sufficient one or optional asks for nothing.
Without PAM it is login.defs that says the length; with PAM that setting is read by nobody (login.defs(5)).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, judged
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined
from shindan.rules.files.pam_stacks import FOLDERS, Step, passes, reachable, stack
from shindan.rules.practices.password_age import setting
from shindan.rules.practices.password_modules import Demand, arguments_of, demand, module_of, settings_of
from shindan.rules.practices.people import without_password

_SERVICES = ("passwd", "common-password", "system-auth", "password-auth", "base-password")
_DIRECTORIES = {"pam_sss", "pam_ldap", "pam_krb5", "pam_winbind", "pam_nis"}
_HISTORY_FILE = "/etc/security/pwhistory.conf"
_DEFAULT_HISTORY = 10


class _Stack(NamedTuple):
    """The steps by which a service sets passwords, and those that every password passes."""

    service: str
    steps: Sequence[Step]
    sure: Sequence[Step]


def _minimum_length(host: Examined, p: Arguments) -> Result:
    reason = without_password(host)
    if reason:
        return Result("not_applicable", reason=reason)
    wanted = f"at least {p['length']} characters"
    stacks = _stacks(host)
    if not stacks:
        place, length = setting(host, "PASS_MIN_LEN")
        good = length.isdigit() and int(length) >= p["length"]
        return judged([(good, Evidence(place, f"PASS_MIN_LEN {length or 'is not set'}", wanted))], empty=Result("pass"))
    looked = []
    for one in stacks:
        asked = _demands(host, one)
        best = max(asked, key=lambda each: each.shortest, default=None)
        good = best is not None and best.shortest >= p["length"]
        looked.append((good, _evidence(one, best, f"{best.shortest} characters" if best else "", wanted)))
    return judged(looked, empty=Result("pass"))


def _complexity(host: Examined, p: Arguments) -> Result:
    reason = without_password(host)
    if reason:
        return Result("not_applicable", reason=reason)
    wanted = f"characters of {p['classes']} kinds"
    stacks = _stacks(host)
    if not stacks:
        return Result("fail", (Evidence("PAM", "passwords are set without PAM, which alone could ask for it", wanted),))
    looked = []
    for one in stacks:
        best = max(_demands(host, one), key=lambda each: each.classes, default=None)
        good = best is not None and best.classes >= p["classes"]
        looked.append((good, _evidence(one, best, f"{best.classes} kinds" if best else "", wanted)))
        if p["remember"]:
            looked.append(_history(host, one, p["remember"]))
    return judged(looked, empty=Result("pass"))


def _evidence(one: _Stack, best: Demand | None, shown: str, wanted: str) -> Evidence:
    if best is None:
        return Evidence(f"PAM, {one.service}", "no module that every password passes checks it", wanted)
    return Evidence(f"PAM, {one.service}, {best.place}", f"{best.seen}; lets pass {shown}", wanted)


def _demands(host: Examined, one: _Stack) -> list[Demand]:
    return [asked for step in one.sure if (asked := demand(host, step)) is not None]


def _history(host: Examined, one: _Stack, least: int) -> tuple[bool, Evidence]:
    wanted = f"the last {least} passwords cannot come back"
    found = list(_remembering(host, one))
    if not found:
        return False, Evidence(f"PAM, {one.service}", "no module that every password passes remembers any", wanted)
    count, place, name = max(found)
    return count >= least, Evidence(f"PAM, {one.service}, {place}", f"{name} remembers {count}", wanted)


def _remembering(host: Examined, one: _Stack) -> Iterator[tuple[int, str, str]]:
    """(How many, where, by which module); pam_pwhistory counts only where it comes before the password is set."""
    for step in one.sure:
        name, said = module_of(step), arguments_of(step)
        if name == "pam_pwhistory":
            text = said.get("remember") or settings_of(host, _HISTORY_FILE).get("remember") or str(_DEFAULT_HISTORY)
            yield int(text) if text.isdigit() else 0, step.place, name
        elif name == "pam_unix":
            text = said.get("remember", "")
            if text.isdigit():
                yield int(text), step.place, name
            return


def _stacks(host: Examined) -> list[_Stack]:
    """The stacks of the services that there are and set passwords; none without PAM."""
    if not _has_pam(host):
        return []
    found = []
    for service in _SERVICES:
        steps = stack(host, service, "password")
        if steps:
            found.append(_Stack(service, steps, [steps[number] for number in _sure(steps)]))
    return found


def _has_pam(host: Examined) -> bool:
    facts = host.all("text")
    if any(one.subject.startswith(f"{folder}/") and not one.data.get("pattern") for one in facts for folder in FOLDERS):
        return True
    patterns = {f"{folder}/*" for folder in FOLDERS}
    if not patterns & {one.subject for one in facts}:
        raise CannotTell("unknown", "nobody read /etc/pam.d/*")
    return False


def _sure(steps: Sequence[Step]) -> list[int]:
    """Numbers of the steps without whose success no local password is set, in order."""
    local = [_for_local(one) for one in steps]
    met = reachable(local)
    return [number for number, one in enumerate(local) if number in met and one.module and _binds(local, number)]


def _binds(steps: Sequence[Step], number: int) -> bool:
    """Whether no run ends well where this step fails: no way leads round it, and its failure is not let pass."""
    failing = list(steps)
    failing[number] = _always(steps[number], "authtok_err")
    return passes(failing, lambda _: False)


def _for_local(step: Step) -> Step:
    """The step as it is for an account of the host's own: directories do not know it."""
    name = module_of(step)
    if name in _DIRECTORIES:
        return _always(step, "user_unknown")
    return _always(step, "success") if name == "pam_localuser" else step


def _always(step: Step, result: str) -> Step:
    return step._replace(actions={"default": step.actions.get(result, step.actions.get("default", "bad"))})


MINIMUM_LENGTH = CodedRule(
    Rule(
        "practices-password-minimum-length",
        "Configure password minimum length",
        "Medium",
        "Short passwords are accepted, and short passwords are guessed, or found from their hash, in little time.",
        "Install pam_pwquality (`libpam-pwquality` or `libpwquality`), let it be called before pam_unix in the "
        "password stack, set `minlen = 14` with credits of 0 or below in /etc/security/pwquality.conf, and remove "
        "`minlen` arguments in /etc/pam.d, which beat the file.",
        references=("man:pam_pwquality(8)", "man:pwquality.conf(5)"),
        flaw="Instance {agent} accepts short passwords",
    ),
    Kind(
        "practices-password-minimum-length",
        "how short a new password may be",
        {"length": Parameter("integer", "the fewest characters", default=14)},
        _minimum_length,
        ("account", "text"),
    ),
)

COMPLEXITY = CodedRule(
    Rule(
        "practices-password-complexity",
        "Configure password complexity",
        "Medium",
        "New passwords may be made of few kinds of characters, or be old ones that are already known.",
        "Set `minclass = 4` (or dcredit, ucredit, lcredit and ocredit to -1) in /etc/security/pwquality.conf, and call "
        "`pam_pwhistory.so remember=24 use_authtok` between pam_pwquality and pam_unix in the password stack.",
        references=("man:pwquality.conf(5)", "man:pam_pwhistory(8)"),
        flaw="Instance {agent} asks for no complexity of passwords",
    ),
    Kind(
        "practices-password-complexity",
        "of what a new password must be made",
        {
            "classes": Parameter("integer", "of how many kinds of four its characters must be", default=4),
            "remember": Parameter("integer", "how many old ones may not come back; 0 asks for none", default=12),
        },
        _complexity,
        ("account", "text"),
    ),
)
