"""The remedies of rules that do not hold, as a script to be reviewed: POSIX shell, or an Ansible playbook.

Nothing is run here, and the shell script does nothing either unless it is asked to by `--apply`: a script that is piped
into a shell by accident only says what it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shindan.model.outcome import Outcome
from shindan.model.result import ScanResult

FORMS = ("sh", "ansible")


class Fix(NamedTuple):
    """One remedy: the rules that it mends, by name and title, why they should hold, and the commands."""

    rules: tuple[tuple[str, str], ...]
    why: tuple[str, ...]
    commands: str


def script(result: ScanResult, form: str) -> str:
    """The script in one of `FORMS`."""
    fixes, by_hand = sorted_out([one for _, one in result.outcomes if one.verdict == "fail"])
    return _shell(result, fixes, by_hand) if form == "sh" else _ansible(result, fixes, by_hand)


def sorted_out(failed: Sequence[Outcome]) -> tuple[list[Fix], list[Outcome]]:
    """Remedies, each once with all the rules that have it, and outcomes that have none."""
    grouped: dict[str, list[Outcome]] = {}
    by_hand = []
    for one in failed:
        if one.rule.fix.shell:
            grouped.setdefault(one.rule.fix.shell, []).append(one)
        else:
            by_hand.append(one)
    return [_fix(commands, some) for commands, some in grouped.items()], by_hand


def _fix(commands: str, outcomes: Sequence[Outcome]) -> Fix:
    rules = dict.fromkeys((_name(one), one.rule.title) for one in outcomes)
    return Fix(tuple(rules), tuple(dict.fromkeys(one.rule.why for one in outcomes)), commands)


def _name(outcome: Outcome) -> str:
    return outcome.controls[0] if outcome.controls else outcome.rule.id


def _shell(result: ScanResult, fixes: Sequence[Fix], by_hand: Sequence[Outcome]) -> str:
    lines = [
        "#!/bin/sh",
        *_head(result, fixes, by_hand),
        "# Read it first. It changes nothing unless it is run as root with --apply; `--only N` runs one step.",
        "set -u",
        "",
    ]
    for number, fix in enumerate(fixes, 1):
        lines += [*_about(fix), f"step_{number}() {{", *(f"  {line}" for line in fix.commands.splitlines()), "}", ""]
    lines += [*_left(by_hand), *_MAIN.replace("@STEPS@", str(len(fixes))).splitlines()]
    return "\n".join(lines) + "\n"


_MAIN = """\
failed=0
run() { # each step in a shell of its own, ended by its first failure; the others are taken all the same
  printf 'step %s\\n' "$1"
  (set -e; "step_$1")
  code=$? # not `||`, which would switch -e off within
  [ "$code" = 0 ] || { printf 'step %s failed\\n' "$1" >&2; failed=1; }
}
case "${1:-}" in
  --apply)
    [ "$(id -u)" = 0 ] || { echo 'this needs root' >&2; exit 1; }
    number=1
    while [ "$number" -le @STEPS@ ]; do run "$number"; number=$((number + 1)); done ;;
  --only)
    [ "$(id -u)" = 0 ] || { echo 'this needs root' >&2; exit 1; }
    case "${2:-}" in
      "" | *[!0-9]*) echo 'give the number of a step' >&2; exit 2 ;;
      *) run "$2" ;;
    esac ;;
  *) echo 'Nothing was done. Read this script, then run it as root with --apply.' ;;
esac
exit "$failed"
"""


def _ansible(result: ScanResult, fixes: Sequence[Fix], by_hand: Sequence[Outcome]) -> str:
    lines = [
        *_head(result, fixes, by_hand),
        "- name: Remedies for what did not hold",
        "  hosts: all",
        "  become: true",
        f"  tasks:{'' if fixes else ' []'}",
    ]
    for fix in fixes:
        lines += [f"    {line}" for line in _about(fix)]
        lines += [
            f"    - name: {json.dumps('; '.join(f'{name}: {title}' for name, title in fix.rules))}",
            f"      ansible.builtin.shell: {json.dumps(fix.commands)}",
        ]
    return "\n".join([*lines, *_left(by_hand)]) + "\n"


def _head(result: ScanResult, fixes: Sequence[Fix], by_hand: Sequence[Outcome]) -> Iterator[str]:
    yield _comment(f"Remedies for {result.host.hostname} ({result.host.name}), of {result.generated_at}.")
    yield _comment(f"{len(fixes)} steps; {len(by_hand)} rules that do not hold have to be mended by hand (at the end).")


def _about(fix: Fix) -> list[str]:
    titles = [_comment(f"{name}: {title}") for name, title in fix.rules]
    return [*titles, *(_comment(f"  {why}") for why in fix.why)]


def _left(by_hand: Sequence[Outcome]) -> list[str]:
    lines = [_comment("By hand:")] if by_hand else []
    for one in by_hand:
        lines.append(_comment(f"{_name(one)}: {one.rule.title}"))
        lines += [_comment(f"  {line}") for line in one.rule.remedy.splitlines()]
    return [*lines, ""] if lines else []


def _comment(text: str) -> str:
    """One line, whatever a host calls itself."""
    return f"# {' '.join(text.split())}"
