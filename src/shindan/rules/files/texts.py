"""The lines of configuration files, from facts of kind `text`.

A file that is not there has a fact that says so (`absent`), as has a pattern that was followed (`pattern`). What has no
fact at all nobody looked at, which is never taken for an empty file.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence

from shindan.facts.fact import Fact
from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined

FIRST_WINS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
"""Where systemd's programs look for folders of files; of equal names the first counts (sysctl.d(5))."""


def lines_of(host: Examined, path: str) -> list[str] | None:
    """The lines of a file; None where it is not there. Raises CannotTell where nobody looked, or could not."""
    fact = host.one("text", path)
    if fact is None:
        if _is_followed(host, path):
            return None
        raise CannotTell("unknown", f"nobody read {path}")
    return None if fact.data.get("absent") else _lines(fact)


def _is_followed(host: Examined, path: str) -> bool:
    """Whether a pattern would have found the file, had it been there."""
    folder, _, name = path.rpartition("/")
    suffix = f".{name.rpartition('.')[2]}" if "." in name else ""
    return any(host.one("text", f"{folder}/*{ending}") is not None for ending in {"", suffix})


def below(host: Examined, folder: str, suffix: str = ".conf") -> Mapping[str, list[str]]:
    """Path → lines of the files of a folder, by name. Raises CannotTell where nobody looked into it, or could not."""
    if host.one("text", f"{folder}/*{suffix}") is None:
        raise CannotTell("unknown", f"nobody read {folder}/*{suffix}")
    found = host.view("texts by folder", _by_folder).get(folder, ())
    return {fact.subject: _lines(fact) for fact in found if fact.subject.endswith(suffix)}


def within(host: Examined, folder: str, pattern: str) -> Mapping[str, list[str]]:
    """As `below`, every file of one of the many folders of a pattern: `/etc/dconf/db/*.d/*`."""
    if host.one("text", pattern) is None:
        raise CannotTell("unknown", f"nobody read {pattern}")
    return {fact.subject: _lines(fact) for fact in host.view("texts by folder", _by_folder).get(folder, ())}


def drop_ins(
    host: Examined, name: str, folders: Sequence[str] = FIRST_WINS, suffix: str = ".conf"
) -> dict[str, list[str]]:
    """Path → lines of the files of `/etc/NAME`, `/run/NAME` … in the order of their names, masked ones left out.

    A file hides those of the same name in the folders after its own; one that leads to /dev/null hides them, too.
    """
    by_name: dict[str, tuple[str, list[str]]] = {}
    for folder in folders:
        for path, lines in below(host, f"{folder}/{name}", suffix).items():
            by_name.setdefault(path.rpartition("/")[2], (path, lines))
    return {by_name[key][0]: by_name[key][1] for key in sorted(by_name)}


def texts_of(host: Examined, files: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """(path, lines) of files as rules name them, in that order: paths, `folder/*.conf`, and `etc:NAME.d` for the
    folders of systemd's programs. Missing files are left out. Raises CannotTell as the others do.
    """
    for name in files:
        if name.startswith("etc:"):
            yield from drop_ins(host, name[4:]).items()
        elif "*" in name:
            folder, _, pattern = name.rpartition("/")
            yield from (
                (path, lines)
                for path, lines in below(host, folder, pattern.lstrip("*")).items()
                if fnmatch.fnmatchcase(path, name)
            )
        else:
            lines = lines_of(host, name)
            if lines is not None:
                yield name, lines


def _lines(fact: Fact) -> list[str]:
    if fact.data.get("truncated"):
        raise CannotTell("error", str(fact.data.get("reason") or f"{fact.subject} is too large to be read whole"))
    return [str(line) for line in fact.data.get("lines", ())]


def _by_folder(host: Examined) -> Mapping[str, Sequence[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in sorted(host.all("text"), key=lambda one: one.subject):
        if not fact.data.get("absent") and not fact.data.get("pattern"):
            found.setdefault(fact.subject.rpartition("/")[0], []).append(fact)
    return found
