"""What start-up files of shells set, as far as it can be read without running them.

A setting within a branch is told apart: whether it is made nobody can tell, unless every branch makes it, or the
condition asks no more than what sort of shell this is, or whether the variable is set already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_KEYWORD = re.compile(r"(if|elif|else|fi|case|esac|for|while|until|done|then|do)(?:\s+|$)(.*)", re.DOTALL)
_UMASK = re.compile(r"(?:builtin\s+|command\s+)?umask\s+(?:-[pS]\s+)*([0-7]{1,4}|[ugoa]*[=+-][rwxugoa,=+-]*)\s*")
_DECLARED = re.compile(r"(export|readonly|declare|typeset|local)\s+((?:-\w+\s+)*)(.*)")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)(?:=(\"[^\"]*\"|'[^']*'|\S*))?")
_HARMLESS = re.compile(r"PS1|BASH|ZSH_|KSH|shopt|\$-|TMOUT|\btty\b|umask|^\s*\[\s+-[fre]\s")
_PIECES = re.compile(r"(\|\||&&|;;|;|&)")


class Assigned(NamedTuple):
    """A setting of a variable (or of `umask`); `sure` where it is made whatever happens. Without a value: None."""

    name: str
    value: str | None
    line: int
    sure: bool
    readonly: bool = False
    exported: bool = False


class _Block:
    """A block that is open: an `if`, `case` or loop. What each branch sets is kept until it ends."""

    def __init__(self, word: str, condition: str) -> None:
        self.guarded = word != "if" or not _HARMLESS.search(condition)
        self.ends_with_else = False
        self.branches: list[list[Assigned]] = [[]]


def assigned(lines: Iterable[str]) -> Iterator[Assigned]:
    """Every setting of a file, by line; functions' bodies count as if they ran."""
    blocks: list[_Block] = []
    for number, statement, conditional in _statements(lines):
        match = _KEYWORD.fullmatch(statement)
        while match is not None:
            yield from _turned(match[1], match[2], blocks)
            statement = match[2] if match[1] in ("else", "then", "do") else ""
            match = _KEYWORD.fullmatch(statement)
        for one in _set_by(statement, number):
            found = one._replace(sure=not conditional)
            if blocks:
                blocks[-1].branches[-1].append(found)
            else:
                yield found
    while blocks:  # an `if` that never ends: a torn file
        yield from _ended(blocks)


def umask_of(value: str) -> int | None:
    """The bits of a umask, octal or symbolic (`u=rwx,g=rx,o=`); None for what is neither."""
    if value.isdigit():
        return int(value, 8) if set(value) <= set("01234567") else None
    allowed = {"u": 7, "g": 7, "o": 7}
    for part in value.split(","):
        match = re.fullmatch(r"([ugoa]*)([=+-])([rwx]*)", part)
        if match is None:
            return None
        bits = sum({"r": 4, "w": 2, "x": 1}[one] for one in set(match[3]))
        for who in "ugo" if not match[1] or "a" in match[1] else match[1]:
            allowed[who] = {"=": bits, "+": allowed[who] | bits, "-": allowed[who] & ~bits}[match[2]]
    return 0o777 & ~(allowed["u"] << 6 | allowed["g"] << 3 | allowed["o"])


def _turned(word: str, rest: str, blocks: list[_Block]) -> Iterator[Assigned]:
    """What a keyword does to the blocks; at the end of the outermost one its settings come out."""
    if word in ("if", "case", "for", "while", "until"):
        blocks.append(_Block(word, rest))
    elif word in ("elif", "else") and blocks:
        blocks[-1].branches.append([])
        blocks[-1].ends_with_else = word == "else"
    elif word in ("fi", "esac", "done") and blocks:
        yield from _ended(blocks)


def _ended(blocks: list[_Block]) -> Iterator[Assigned]:
    block = blocks.pop()
    everywhere = _in_all(block) if block.ends_with_else else frozenset()
    found = [
        one._replace(sure=one.sure and (not block.guarded or one.name in everywhere))
        for branch in block.branches
        for one in branch
    ]
    if blocks:
        blocks[-1].branches[-1] += found
    else:
        yield from found


def _in_all(block: _Block) -> frozenset[str]:
    """Names that every branch sets."""
    return frozenset.intersection(*(frozenset(one.name for one in branch if one.sure) for branch in block.branches))


def _statements(lines: Iterable[str]) -> Iterator[tuple[int, str, bool]]:
    """(line, statement, whether it hangs on the one before it by `&&` or `||`)."""
    held = ""
    for number, line in enumerate(lines, 1):
        if line.endswith("\\"):
            held += line[:-1]
            continue
        text, held = _uncommented(held + line), ""
        joined, before = "", ""
        for piece in _PIECES.split(text):
            if _PIECES.fullmatch(piece):
                joined = piece
                continue
            statement = piece.strip()
            if statement:
                hangs = joined in ("&&", "||") and not _HARMLESS.search(before) and not _is_setting(before)
                yield number, statement, hangs
            before, joined = statement, ""


def _is_setting(statement: str) -> bool:
    """Settings succeed: what follows them by `&&` is done."""
    return next(_set_by(statement, 0), None) is not None


def _uncommented(line: str) -> str:
    quote = ""
    for at, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#" and (at == 0 or line[at - 1] in " \t;"):
            return line[:at]
    return line


def _set_by(statement: str, line: int) -> Iterator[Assigned]:
    umask = _UMASK.fullmatch(statement)
    if umask is not None:
        yield Assigned("umask", umask[1], line, True)
        return
    declared = _DECLARED.fullmatch(statement)
    word, flags, rest = declared.groups() if declared else ("", "", statement)
    readonly = word == "readonly" or (word in ("declare", "typeset") and "r" in flags)
    exported = word == "export" or (word in ("declare", "typeset") and "x" in flags)
    for match in re.finditer(r"\S*?=\"[^\"]*\"|\S*?='[^']*'|\S+", rest):
        one = _ASSIGNED.fullmatch(match[0])
        if one is None or (one[2] is None and not word):
            return  # a command, or its arguments
        value = one[2]
        if value is not None and len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        yield Assigned(one[1], value, line, True, readonly, exported)
