"""Stacks of PAM as pam.d(5) has them: lines with their includes put in, and which of them can be reached.

A service's file is looked for in /etc/pam.d, then in /usr/lib/pam.d and /usr/etc/pam.d, as libpam does; where there is
no such folder, in /etc/pam.conf.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined
from shindan.rules.files.texts import lines_of

FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d", "/usr/etc/pam.d")
_DEEPEST = 16  # libpam gives up at 32; nobody nests that deep but by a circle
_WORDS: Mapping[str, Mapping[str, str]] = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}
_ALWAYS = {"pam_permit.so": "success", "pam_deny.so": "default"}
_CONTROL = re.compile(r"(\[[^\]]*\]|\S+)\s*(.*)")
_ARGUMENT = re.compile(r"\[((?:[^\]\\]|\\.)*)\]|(\S+)")


class Line(NamedTuple):
    """A line of a file: type in small letters (`auth`), control as it is written, module or included service."""

    place: str
    type: str
    control: str
    module: str
    arguments: tuple[str, ...]


class Step(NamedTuple):
    """A line of a stack: `control` is a word where it means what a word does, else its brackets; `actions` are what
    each result does; `level` how many substacks are around it, `end` the number of the step behind the innermost one.
    A substack begins with a step without a module.
    """

    place: str
    control: str
    module: str
    arguments: tuple[str, ...]
    actions: Mapping[str, str]
    level: int
    end: int


def stack(host: Examined, service: str, type_: str) -> Sequence[Step] | None:
    """The stack of a service, empty where it has no line of that type; None where there is no such service.

    Raises CannotTell where a file could not be read, and for files that include each other in a circle.
    """

    def made(_: Examined) -> Sequence[Step] | None:
        lines = lines_of_service(host, service)
        if lines is None:
            return None
        steps: list[Step] = []
        _fill(host, lines, type_, steps, (0, 0))
        return [one._replace(end=len(steps)) if one.end < 0 else one for one in steps]

    return host.view(("pam stack", service, type_), made)


def lines_of_service(host: Examined, service: str) -> Sequence[Line] | None:
    """The lines of a service's own file."""
    for folder in FOLDERS:
        path = f"{folder}/{service}"
        lines = _lines(host, path)
        if lines is not None:
            return list(parsed(lines, path))
    lines = _lines(host, "/etc/pam.conf")
    own = list(parsed(lines or (), "/etc/pam.conf", named=service))
    return own or None


def parsed(lines: Sequence[str], path: str, named: str = "") -> Iterator[Line]:
    """The lines of a file; those of a service where they begin with its name (pam.conf)."""
    for number, text in _logical(lines):
        if named:
            name, _, text = text.partition(" ")
            if name.lower() != named.lower():
                continue
        first, _, rest = text.strip().partition(" ")
        if first == "@include":
            yield Line(f"{path} line {number}", "@include", "include", rest.strip(), ())
            continue
        match = _CONTROL.fullmatch(rest.strip())
        if match is None:
            continue
        module, _, given = match[2].strip().partition(" ")
        arguments = tuple(one[1] if one[1] is not None else one[2] for one in _ARGUMENT.finditer(given))
        yield Line(f"{path} line {number}", first.lstrip("-").lower(), match[1], module, arguments)


def reachable(steps: Sequence[Step], skip: Callable[[Step], bool] = lambda _: False) -> set[int]:
    """Numbers of the steps that some run through the stack comes to; its length where it comes to the end well.

    With `skip`, runs that stop at such a step are left out. pam_permit never fails, and pam_deny always does.
    """
    seen: set[int] = set()
    todo = [0]
    while todo:
        at = todo.pop()
        if at in seen:
            continue
        seen.add(at)
        if at < len(steps) and not skip(steps[at]):
            todo += _next(at, steps)
    return seen


def passes(steps: Sequence[Step], meant: Callable[[Step], bool]) -> bool:
    """Whether no run comes to a good end without a step that is meant: no failure on its way, and no such step."""
    seen: set[int] = set()
    todo = [0]
    while todo:
        at = todo.pop()
        if at in seen or (at < len(steps) and meant(steps[at])):
            continue
        if at >= len(steps):
            return False
        seen.add(at)
        todo += _next(at, steps, failing=False)
    return True


def _next(at: int, steps: Sequence[Step], failing: bool = True) -> Iterator[int]:
    """Where a run can go on after a step; `failing`: also after a failure that is remembered."""
    step = steps[at]
    always = _ALWAYS.get(step.module.rpartition("/")[2])
    if always is not None:
        actions = [step.actions.get(always, step.actions.get("default", "bad"))]
    else:
        actions = list({*step.actions.values(), step.actions.get("default", "bad")})
    for action in actions:
        if action.isdigit():
            yield _jumped(at, int(action), steps)
        elif action == "done" or (action == "die" and failing and step.level):
            yield step.end
        elif action in ("ok", "ignore", "reset") or (action == "bad" and failing):
            yield at + 1


def _jumped(at: int, count: int, steps: Sequence[Step]) -> int:
    """The step behind the next `count` ones, of which a substack is one; a jump ends at the end of its own substack."""
    level, end = steps[at].level, steps[at].end
    at += 1
    while count and at < end:
        at += 1
        while at < end and steps[at].level > level:
            at += 1
        count -= 1
    return at


def _fill(host: Examined, lines: Sequence[Line], type_: str, steps: list[Step], deep: tuple[int, int]) -> None:
    """Adds the steps of lines; `deep` counts the files and the substacks around them."""
    files, level = deep
    if files > _DEEPEST:
        raise CannotTell("error", f"{lines[0].place}: files of PAM include each other in a circle")
    for line in lines:
        if line.type not in (type_, "@include"):
            continue
        if line.control == "include":
            _fill(host, lines_of_service(host, line.module) or (), type_, steps, (files + 1, level))
        elif line.control == "substack":
            steps.append(Step(line.place, "substack", "", (), {"default": "ignore"}, level, -1))
            start = len(steps)
            _fill(host, lines_of_service(host, line.module) or (), type_, steps, (files + 1, level + 1))
            steps[start:] = [one._replace(end=len(steps)) if one.end < 0 else one for one in steps[start:]]
        else:
            control, actions = _actions(line.control)
            steps.append(Step(line.place, control, line.module, line.arguments, actions, level, -1))


def _actions(control: str) -> tuple[str, Mapping[str, str]]:
    """The control as a word where it is one or means the same, and what each result does."""
    if not control.startswith("["):
        word = control.lower()
        return word, _WORDS.get(word, _WORDS["required"])
    pairs = (pair.partition("=") for pair in control.strip("[]").split())
    actions = {name: action for name, _, action in pairs if action}
    word = next((word for word, same in _WORDS.items() if same == actions), "")
    return word or "[" + " ".join(control.strip("[]").split()) + "]", actions


def _lines(host: Examined, path: str) -> Sequence[str] | None:
    """The lines of a file that a pattern may have told of; None where it is not there."""
    folder = path.rpartition("/")[0]
    if host.inventory.one("text", path) is None and host.one("text", f"{folder}/*") is not None:
        return None
    return lines_of(host, path)


def _logical(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Lines without comments, those that end in a backslash joined; white space is one space."""
    held, begun = "", 0
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].rstrip()
        begun = begun or number
        if text.endswith("\\"):
            held += text[:-1] + " "
            continue
        whole, first = " ".join((held + text).split()), begun
        held, begun = "", 0
        if whole:
            yield first, whole
    if held.strip():
        yield begun, " ".join(held.split())
