"""Where root's programs are looked for: every PATH that root may be given when it logs in, or uses sudo.

PATH is read where it is set: login.defs(5) (ENV_SUPATH), /etc/environment, the start-up files of shells that everybody
or root has, and sudo's secure_path. Elements with variables other than HOME are not known and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.result import CannotTell, Result, judged
from shindan.rules.examined import Examined
from shindan.rules.files.settings import login_defs, shell
from shindan.rules.files.shell_scripts import assigned
from shindan.rules.files.sudoers import sudoers
from shindan.rules.files.texts import texts_of

_SCRIPTS = (
    "/etc/profile", "/etc/profile.d/*.sh", "/etc/bashrc", "/etc/bash.bashrc", "/root/.profile", "/root/.bash_profile",
    "/root/.bash_login", "/root/.bashrc",
)  # fmt: skip
_IS_ROOT = re.compile(r"(?:\bid -u|\bE?UID\b)\W*\s(?:-eq|==?)\s+[\"']?0\b")
_HOME = re.compile(r"^(?:~|\$HOME|\$\{HOME\})(?=/|$)")


def no_dot(host: Examined) -> Result:
    """No element is `.`, empty or relative: programs would be taken from wherever root happens to be."""
    looked = [
        (one.startswith("/") or "$" in one, Evidence(place, f"PATH with {one!r}", "absolute folders alone"))
        for place, one in _elements(host)
    ]
    return judged(looked, empty=_nowhere())


def all_dirs(host: Examined) -> Result:
    """Every element is a folder."""
    return _folders(host, lambda fact: fact.data["type"] == "directory", "a folder", absent_is_right=False)


def owned_by_root(host: Examined) -> Result:
    """Every folder belongs to root."""
    return _folders(host, lambda fact: fact.data.get("uid") == 0, "owner root")


def not_writable(host: Examined) -> Result:
    """Nobody but its owner can put a program into a folder."""
    return _folders(
        host,
        lambda fact: not int(str(fact.data["mode"]), 8) & 0o022 and not fact.data.get("acl"),
        "no write for group and others",
    )


def _folders(host: Examined, right: Callable[[Fact], bool], wanted: str, absent_is_right: bool = True) -> Result:
    looked, unseen = [], []
    for path, place in {path.rstrip("/") or "/": place for place, path in _elements(host) if path[:1] == "/"}.items():
        fact = host.inventory.one("file", path)
        if fact is None:
            unseen.append(path)
        elif fact.data["type"] == "absent":
            looked.append((absent_is_right, Evidence(path, f"missing, though {place} names it", wanted)))
        else:
            seen = f"{fact.data['type']} {fact.data['mode']} {fact.data.get('owner') or fact.data['uid']}"
            looked.append((right(fact), Evidence(path, seen, wanted)))
    if unseen and all(good for good, _ in looked):
        raise CannotTell("unknown", f"nobody looked at {', '.join(unseen)}")
    return judged(looked, empty=_nowhere())


def _elements(host: Examined) -> Iterator[tuple[str, str]]:
    """(where it is set, element) of every PATH."""
    for place, value in host.view("root paths", lambda one: list(_paths(one))):
        for one in value.split(":"):
            if one not in ("$PATH", "${PATH}"):
                yield place, _HOME.sub("/root", one)


def _paths(host: Examined) -> Iterator[tuple[str, str]]:
    for path, lines in texts_of(host, ["/etc/login.defs"]):
        yield from (
            (f"{path} line {one.line}", one.value.removeprefix("PATH="))
            for one in login_defs(lines)
            if one.key == "ENV_SUPATH"
        )
    for path, lines in texts_of(host, ["/etc/environment"]):
        yield from ((f"{path} line {one.line}", one.value) for one in shell(lines) if one.key == "PATH")
    for path, lines in texts_of(host, _SCRIPTS):
        for one in assigned(_for_root(lines)):
            if one.name == "PATH" and one.value:
                yield f"{path} line {one.line}", one.value
    read = host.view("sudoers", sudoers)
    for default in read.defaults if read else ():
        if default.name == "secure_path" and default.on:
            yield default.place, default.value


def _for_root(lines: Sequence[str]) -> Iterator[str]:
    """The lines without what is meant for others: the `else` of a condition that asks for user id 0, as Debian's."""
    depth, asked, others = 0, 0, False
    for line in lines:
        words = line.split()
        first = words[0] if words else ""
        if first == "if":
            depth += 1
            asked = asked or (depth if _IS_ROOT.search(line) else 0)
        elif asked == depth and first in ("else", "elif"):
            others = True
        elif first in ("fi", "fi;"):
            asked, others = (0, False) if asked == depth else (asked, others)
            depth -= 1
        yield "" if others and first not in ("else", "elif") else line


def _nowhere() -> Result:
    return Result("not_applicable", reason="no file sets PATH for root")
