"""Check kind `pam`: a module in the stacks of PAM, how it is called, and what its arguments and its file say.

Stacks are put together with their includes (shindan.rules.files.pam_stacks), and a module that no run can reach does
not count. An argument beats the module's file, as the modules have it; of several files those of the folder are read
first, and the main file last (pwquality.conf(5)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import comparison
from shindan.rules.checks.kind import ABSENT, Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, absent, all_of, judged
from shindan.rules.examined import Examined
from shindan.rules.files.pam_stacks import Step, passes, reachable, stack
from shindan.rules.files.settings import key_value
from shindan.rules.files.texts import below, lines_of

_TYPES = ("auth", "account", "password", "session")


class _Said(NamedTuple):
    """A value and who says it."""

    value: str
    place: str


def _run(host: Examined, p: Arguments) -> Result:
    return all_of([_service(host, service, p) for service in p["service"]])


def _service(host: Examined, service: str, p: Arguments) -> Result:
    what = f"{p['module']} in the {p['type']} stack of {service}"
    steps = stack(host, service, p["type"])
    if steps is None:
        return absent(p["absent"], Evidence(f"PAM, {service}", "there is no such service", what))
    met = reachable(steps)
    found = [one for number, one in enumerate(steps) if number in met and _is_meant(one, p)]
    if not p["present"]:
        bad = tuple(Evidence(one.place, _shown(one), f"no {what}") for one in found)
        return Result("fail", bad) if bad else Result("pass", (Evidence(f"PAM, {service}", "not used", f"no {what}"),))
    if not found:
        skipped = any(_is_meant(one, p) for one in steps)
        seen = "never reached: the lines before lead past it" if skipped else "not in the stack"
        if _asks(p) and not skipped:
            return absent(p["absent"], Evidence(f"PAM, {service}", seen, what))
        return Result("fail", (Evidence(f"PAM, {service}", seen, what),))
    if p["whole"] and not passes(steps, lambda one: _is_meant(one, p)):
        return Result("fail", (Evidence(f"PAM, {service}", "can be gone round", f"{what}, whatever comes before"),))
    return judged([line for one in found for line in _judged(host, one, p)], empty=Result("pass"))


def _is_meant(one: Step, p: Arguments) -> bool:
    name = one.module.rpartition("/")[2].removesuffix(".so")
    return name == p["module"].removesuffix(".so") and set(p["only_with"] or ()) <= set(one.arguments)


def _asks(p: Arguments) -> bool:
    """Whether the rule is about arguments, so that a module that is missing is what `absent` is about."""
    return bool(p["arg"] or p["has"] or p["has_any"] or p["lacks"])


def _judged(host: Examined, one: Step, p: Arguments) -> Iterator[tuple[bool, Evidence]]:
    said = {**_from_files(host, p), **_from_arguments(one)}
    seen = _shown(one)
    if p["control"]:
        yield _is_control(one, p["control"]), Evidence(one.place, seen, " or ".join(p["control"]))
    for name in p["has"] or ():
        place = said[name].place if name in said else one.place
        yield name in said, Evidence(place, seen, f"{p['module']} with {name}")
    if p["has_any"]:
        yield bool(set(p["has_any"]) & said.keys()), Evidence(one.place, seen, f"one of {', '.join(p['has_any'])}")
    for name in p["lacks"] or ():
        place = said[name].place if name in said else one.place
        yield name not in said, Evidence(place, seen, f"{p['module']} without {name}")
    if p["arg"]:
        yield from _value(one, said, p)
    if not (_asks(p) or p["control"]):
        yield True, Evidence(one.place, seen, p["module"])


def _value(one: Step, said: Mapping[str, _Said], p: Arguments) -> Iterator[tuple[bool, Evidence]]:
    wanted = comparison(p)
    words = f"{p['arg']} {wanted or ''}".strip()
    found = said.get(p["arg"])
    if found is not None:
        good = wanted is None or wanted.holds(found.value)
        yield good, Evidence(found.place, f"{p['arg']} {found.value}".strip(), words)
    elif p["default"] is not None:
        good = wanted is None or wanted.holds(p["default"])
        yield good, Evidence(one.place, f"{p['arg']} is not set, which means {p['default']}", words)
    else:
        yield p["absent"] == "pass", Evidence(one.place, f"{p['arg']} is not set", words)


def _is_control(one: Step, allowed: Sequence[str]) -> bool:
    jumps = any(action.isdigit() for action in one.actions.values())
    return one.control in allowed or ("jump" in allowed and jumps)


def _from_arguments(one: Step) -> dict[str, _Said]:
    # Modules read their arguments in order: the last one counts.
    pairs = (argument.partition("=") for argument in one.arguments)
    return {name: _Said(value, one.place) for name, _, value in pairs}


def _from_files(host: Examined, p: Arguments) -> dict[str, _Said]:
    found: dict[str, _Said] = {}
    if p["conf_dir"]:
        for path, lines in below(host, p["conf_dir"]).items():
            found.update(_settings(path, lines, p))
    if p["conf_file"]:
        found.update(_settings(p["conf_file"], _main(host, p["conf_file"]), p))
    return found


def _settings(path: str, lines: Sequence[str], p: Arguments) -> Iterator[tuple[str, _Said]]:
    key = p["conf_key"] or p["arg"]
    for one in key_value(lines):
        name = p["arg"] if p["arg"] and one.key == key else one.key
        yield name, _Said(one.value, f"{path} line {one.line}")


def _main(host: Examined, path: str) -> Sequence[str]:
    """The lines of a module's file; none where it is not there."""
    folder = path.rpartition("/")[0]
    if host.inventory.one("text", path) is None and host.inventory.one("text", f"{folder}/*.conf") is not None:
        return ()
    try:
        return lines_of(host, path) or ()
    except CannotTell as error:
        raise CannotTell(error.verdict, f"{path}: {error.reason}") from error


def _shown(one: Step) -> str:
    return " ".join((one.control, one.module, *one.arguments))


KIND = Kind(
    "pam",
    "a module in the stacks of PAM, its arguments, and the settings of its file",
    {
        "service": Parameter("strings", "services, each judged: `common-password`, `system-auth`", required=True),
        "type": Parameter("string", "the stack", required=True, choices=_TYPES),
        "module": Parameter("string", "the module: `pam_faillock.so`", required=True),
        "present": Parameter("boolean", "whether it must be reached, or must not", default=True),
        "whole": Parameter("boolean", "no way to success leads round it", default=False),
        "control": Parameter("strings", "controls that are right; `jump` is one that skips lines"),
        "only_with": Parameter("strings", "only lines with these arguments: `preauth`"),
        "arg": Parameter("string", "an argument, or setting of its file, whose value is compared"),
        "default": Parameter("string", "what the module takes where that is not set"),
        "has": Parameter("strings", "arguments or settings that must be there"),
        "has_any": Parameter("strings", "of these one must be there"),
        "lacks": Parameter("strings", "arguments or settings that must not be there"),
        "conf_file": Parameter("string", "the module's file"),
        "conf_dir": Parameter("string", "a folder of further files, which are read before it"),
        "conf_key": Parameter("string", "how its file calls `arg`, if otherwise"),
        "absent": ABSENT,
    },
    _run,
    ("text",),
    compares="allowed",
)
