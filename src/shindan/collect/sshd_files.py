"""sshd_config(5) as sshd reads it: lines, the files they include, the Match blocks they stand in. Python 3.6 grammar.

Source: sshd_config(5), and what sshd 9.2 was seen to do: a keyword ends at white space or at one `=`; a Match block
ends with its file; what is included within a block is part of it.
"""

import fnmatch
from typing import Iterator, List, NamedTuple, Optional, Tuple

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

MAIN = "/etc/ssh/sshd_config"
VENDOR = "/usr/etc/ssh/sshd_config"
_DEEPEST = 16
_MOST_FILES = 256


class Entry(NamedTuple):
    """An option: the Match lines around it from the outside in, its name in small letters, its arguments."""

    blocks: Tuple["Block", ...]
    keyword: str
    arguments: List[str]
    file: str
    line: int


class Block(NamedTuple):
    """A Match line: its criteria as words, and where it stands."""

    criteria: Tuple[str, ...]
    file: str
    line: int

    def text(self) -> str:
        """The line as it may have been written."""
        return "Match " + " ".join(self.criteria)


class Configuration(NamedTuple):
    """Every option in the order in which sshd meets it, every Match line, and the files that were read."""

    entries: List[Entry]
    blocks: List[Tuple[Block, ...]]
    files: List[str]


def read(root: Root, path: str = MAIN) -> Configuration:
    """The configuration that begins with a file. Raises FileNotFoundError where it is missing, and Unavailable."""
    found = Configuration([], [], [])
    _read(root, path, (), found, 0)
    return found


def _read(root: Root, path: str, outer: Tuple[Block, ...], found: Configuration, depth: int) -> None:
    if depth > _DEEPEST or len(found.files) > _MOST_FILES:
        raise Unavailable("{} includes too many files, or itself".format(path))
    found.files.append(path)
    blocks = outer
    for number, line in enumerate(root.text(path), 1):
        parsed = words(line)
        if parsed is None:
            continue
        keyword, arguments = parsed
        if keyword == "match":
            blocks = outer + (Block(tuple(arguments), path, number),)
            found.blocks.append(blocks)
        elif keyword == "include":
            for pattern in arguments:
                for name in included(root, pattern):
                    _read(root, name, blocks, found, depth + 1)
        else:
            found.entries.append(Entry(blocks, keyword, arguments, path, number))


def words(line: str) -> Optional[Tuple[str, List[str]]]:
    """The keyword in small letters and the arguments of a line; None for a comment, and for one without arguments."""
    text = line.strip(" \t\r\n\f")
    if not text or text.startswith("#"):
        return None
    end = next((at for at, char in enumerate(text) if char in " \t="), len(text))
    keyword, rest = text[:end], text[end:].lstrip(" \t")
    if rest.startswith("="):
        rest = rest[1:]
    arguments = list(_split(rest))
    return (keyword.strip('"').lower(), arguments) if arguments else None


def included(root: Root, pattern: str) -> Iterator[str]:
    """The files that a pattern of `Include` means, by name; relative ones are below /etc/ssh."""
    if not pattern.startswith("/"):
        pattern = "/etc/ssh/" + pattern
    folders = ["/"]
    parts = [part for part in pattern.split("/") if part]
    for part in parts[:-1]:
        folders = [name for folder in folders for name in _matching(root, folder, part)]
    for folder in folders:
        for name in _matching(root, folder, parts[-1]) if parts else ():
            yield name


def _matching(root: Root, folder: str, pattern: str) -> List[str]:
    base = folder if folder.endswith("/") else folder + "/"
    if not set(pattern) & set("*?["):
        return [base + pattern] if root.exists(base + pattern) else []
    names = (name for name in root.names(folder) if not name.startswith(".") or pattern.startswith("."))
    return [base + name for name in names if fnmatch.fnmatchcase(name, pattern)]


def _split(text: str) -> Iterator[str]:
    """Words as OpenSSH splits them: quotes of both sorts, backslashes before them, a comment at the end."""
    at = 0
    while at < len(text):
        if text[at] in " \t":
            at += 1
            continue
        if text[at] == "#":
            return
        word, quote = "", ""
        while at < len(text) and (quote or text[at] not in " \t"):
            char, following = text[at], text[at + 1 : at + 2]
            if char == "\\" and (following in ("'", '"', "\\") or (not quote and following == " ")) and following:
                word += following
                at += 1
            elif char in "'\"" and (not quote or char == quote):
                quote = "" if quote else char
            else:
                word += char
            at += 1
        yield word
