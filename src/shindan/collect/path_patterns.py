"""Paths that match a pattern: `*` within one folder, `/**` at the end for everything below. Python 3.6 grammar."""

import re
from typing import Iterator, List, Pattern

from shindan.collect.root import Root

MOST = 5000
"""Paths of one pattern; then `TooMany`."""

_DEEPEST = 64


class TooMany(Exception):
    """A pattern matches more than is listed."""


def is_pattern(path: str) -> bool:
    """Whether a path of a plan is one."""
    return "*" in path


def matching(root: Root, pattern: str) -> Iterator[str]:
    """What is there, in no order to rely on; links are told, not followed further down.

    Raises TooMany after the first `MOST`, and Unavailable where a folder may not be read.
    """
    for number, path in enumerate(_matching(root, pattern)):
        if number >= MOST:
            raise TooMany("more than {:,} match".format(MOST))
        yield path


def _matching(root: Root, pattern: str) -> Iterator[str]:
    if pattern.endswith("/**"):
        for folder in _spread(root, pattern[:-3]):
            for path in _below(root, folder):
                yield path
        return
    for path in _spread(root, pattern):
        yield path


def _spread(root: Root, pattern: str) -> List[str]:
    """Every path that a pattern without `**` stands for; of one without `*` itself, whether it is there or not."""
    found = [""]
    for part in pattern.split("/")[1:]:
        if "*" not in part:
            found = [path + "/" + part for path in found]
            continue
        wanted = _compiled(part)
        hidden = part.startswith(".") or part == "*"
        found = [
            "{}/{}".format(path, name)
            for path in found
            for name in root.names(path or "/")
            if wanted.match(name) and (hidden or not name.startswith("."))
        ]
        if len(found) > MOST:
            return found[: MOST + 1]
    return found


def _below(root: Root, folder: str, deep: int = 0) -> Iterator[str]:
    for name, is_folder in sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in root.scan(folder)):
        path = "{}/{}".format(folder, name)
        yield path
        if is_folder and deep < _DEEPEST:
            for further in _below(root, path, deep + 1):
                yield further


def _compiled(part: str) -> "Pattern[str]":
    return re.compile(
        "".join(".*" if piece == "*" else re.escape(piece) for piece in re.split(r"(\*)", part)) + r"\Z", re.S
    )
