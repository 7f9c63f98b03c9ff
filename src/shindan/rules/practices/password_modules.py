"""What the modules of PAM that check new passwords ask for: length and kinds of characters.

Source: pam_pwquality(8) and pwquality.conf(5), pam_cracklib(8), pam_passwdqc(8), pam_unix(8). An argument beats the
module's file; of its files those of the folder are read first and the main file last. A credit above zero makes each
such character count for more, so that shorter passwords pass; one below zero asks for so many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined
from shindan.rules.files.pam_stacks import Step
from shindan.rules.files.settings import key_value
from shindan.rules.files.texts import below, lines_of

_CREDITS = ("dcredit", "ucredit", "lcredit", "ocredit")
_BASE = 6  # neither library takes anything shorter, whatever its settings say
_FILE, _FOLDER = "/etc/security/pwquality.conf", "/etc/security/pwquality.conf.d"
# Shortest passwords of one class, of two, passphrases, of three classes, of four (pam_passwdqc(8)).
_PASSWDQC = "disabled,24,11,8,7"
_NEVER = 1 << 30


class Demand(NamedTuple):
    """The shortest password that a module lets pass, and of how many kinds its characters must be at least.

    `seen` is that in words, `place` the line of the stack.
    """

    place: str
    shortest: int
    classes: int
    seen: str


def demand(host: Examined, step: Step) -> Demand | None:
    """What a step asks of a new password; None for modules that ask nothing. Raises CannotTell."""
    asked = _MODULES.get(module_of(step))
    return asked(host, step) if asked is not None else None


def module_of(step: Step) -> str:
    """A module's name without folder and ending: `pam_unix`."""
    return step.module.rpartition("/")[2].removesuffix(".so")


def arguments_of(step: Step) -> dict[str, str]:
    """Its arguments; "" for one without a value, and of several of one name the last."""
    pairs = (one.partition("=") for one in step.arguments)
    return {name: value for name, _, value in pairs}


def _pwquality(host: Examined, step: Step) -> Demand:
    said: dict[str, str] = {}
    # Where no file of the folder was looked for, there may be none: older versions know no folder.
    if host.inventory.one("text", f"{_FOLDER}/*.conf") is not None:
        for lines in below(host, _FOLDER).values():
            said.update(_settings(lines))
    said.update(_settings(_file(host, _FILE, "/etc/security/*.conf") or ()))
    said.update(arguments_of(step))
    if _number(said, "enforcing", 1) == 0:
        return Demand(step.place, 0, 0, "pam_pwquality only warns (enforcing = 0)")
    return _counted(step, said, "pam_pwquality", 8, 0)


def _cracklib(_: Examined, step: Step) -> Demand:
    return _counted(step, arguments_of(step), "pam_cracklib", 9, 1)


def _counted(step: Step, said: Mapping[str, str], name: str, length: int, credit: int) -> Demand:
    credits_ = {one: _number(said, one, credit) for one in _CREDITS}
    least = _number(said, "minlen", length)
    given = sum(max(value, 0) for value in credits_.values())
    classes = max(_number(said, "minclass", 0), sum(value < 0 for value in credits_.values()))
    shortest = max(least - given, _BASE)
    seen = f"{name}: minlen {least}"
    if given:
        seen += f", of which credits take up to {given}"
    if name == "pam_pwquality" and "local_users_only" in said:
        seen += " (of local users only)"
    return Demand(step.place, shortest, classes, f"{seen}, {classes} kinds of characters")


def _passwdqc(host: Examined, step: Step) -> Demand:
    said: dict[str, str] = {}
    for argument in step.arguments:
        name, _, value = argument.partition("=")
        if name == "config":
            lines = _file(host, value, "")
            if lines is None:
                raise CannotTell("error", f"{step.place}: {value} is not there")
            said.update(_settings(lines))
        else:
            said[name] = value
    if said.get("enforce") == "none":
        return Demand(step.place, 0, 0, "pam_passwdqc only warns (enforce=none)")
    numbers = [_least(one) for one in said.get("min", _PASSWDQC).split(",")]
    if len(numbers) != 5:
        raise CannotTell("error", f"{step.place}: min={said.get('min')} is not five numbers")
    one, two, _, three, four = numbers
    classes = next((count for count, least in enumerate((one, two, three, four), 1) if least < _NEVER), 4)
    seen = f"pam_passwdqc: min={said.get('min', _PASSWDQC)}"
    return Demand(step.place, min(numbers), classes, seen)


def _unix(_: Examined, step: Step) -> Demand:
    least = _number(arguments_of(step), "minlen", 0)
    return Demand(step.place, least, 0, f"pam_unix: minlen {least}" if least else "pam_unix: no minlen")


_MODULES: Mapping[str, Callable[[Examined, Step], Demand]] = {
    "pam_pwquality": _pwquality,
    "pam_cracklib": _cracklib,
    "pam_passwdqc": _passwdqc,
    "pam_unix": _unix,
}


def _settings(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((one.key, one.value) for one in key_value(lines))


def _file(host: Examined, path: str, pattern: str) -> Sequence[str] | None:
    """The lines of a module's file, None where it is not there; `pattern` is one that would have found it."""
    if host.inventory.one("text", path) is None and pattern and host.one("text", pattern) is not None:
        return None
    return lines_of(host, path)


def settings_of(host: Examined, path: str) -> Mapping[str, str]:
    """The settings of a module's file below /etc/security; none where it is not there."""
    return dict(_settings(_file(host, path, "/etc/security/*.conf") or ()))


def _number(said: Mapping[str, str], name: str, default: int) -> int:
    try:
        return int(said.get(name, default))
    except ValueError:
        return default


def _least(text: str) -> int:
    return int(text) if text.strip().isdigit() else _NEVER
