"""What may be looked at and read beyond the plans: folders that no order can leave. Python 3.6 grammar.

An order names paths and patterns; it is data of a server that may have been taken over. What is not allowed here is
passed over with a gap that says so.
"""

import fnmatch
from typing import Iterable, List, Tuple

from shindan.collect import plan_files, plan_texts

MOST = 500
"""Paths and patterns that one order may name."""

_LONGEST = 300
_READ = frozenset(plan_texts.TEXTS)


def asked(also: Iterable[str]) -> Tuple[List[str], List[str], List[str]]:
    """Of the paths and patterns asked for: those to look at, those of them to read as well, and those refused."""
    files: List[str] = []
    texts: List[str] = []
    refused: List[str] = []
    for number, path in enumerate(dict.fromkeys(also)):
        if number >= MOST or not may_be_looked_at(path):
            refused.append(path[:_LONGEST])
            continue
        files.append(path)
        if may_be_asked_for(path):
            texts.append(path)
    return files, texts, refused


def may_be_looked_at(path: str) -> bool:
    """Whether the file system's word of this path or pattern may be asked for."""
    return _is_plain(path) and _below(path, plan_files.MAY_BE_ASKED)


def may_be_asked_for(path: str) -> bool:
    """Whether the lines of this path or pattern may be asked for."""
    return _is_plain(path) and "**" not in path and _below(path, plan_texts.MAY_BE_ASKED) and not _is_secret(path)


def may_be_read(path: str, leads_to: str) -> bool:
    """Whether a file that was found may be read; `leads_to` is its path without links."""
    if _is_secret(path) or _is_secret(leads_to):
        return False
    return path == leads_to or leads_to in _READ or _below(leads_to, plan_texts.TARGETS)


def _is_secret(path: str) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in plan_texts.NEVER)


def _below(path: str, folders: Iterable[str]) -> bool:
    """A pattern's first part must be plain: `/*/shadow` is below no folder."""
    return any(path == folder or path.startswith(folder + "/") for folder in folders)


def _is_plain(path: str) -> bool:
    """Absolute, without `.` and `..` that would leave a folder, and of no other wildcard than `*`."""
    parts = path.split("/")
    return (
        path.startswith("/")
        and len(path) <= _LONGEST
        and not any(part in (".", "..") for part in parts)
        and not any(mark in path for mark in "\0\n[]?{}")
        and not any("**" in part for part in parts[:-1])
        and ("**" not in parts[-1] or parts[-1] == "**")
    )
