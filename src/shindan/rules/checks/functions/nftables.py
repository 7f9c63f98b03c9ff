"""Whether the rules of nftables come back after the next boot."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

from shindan.model.outcome import Evidence
from shindan.rules.checks.result import CannotTell, Result, judged
from shindan.rules.examined import Examined
from shindan.rules.files.texts import lines_of, within

_FILES = ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf")
_HOOK = re.compile(r"\btype\s+filter\s+hook\s+(\w+)")
_INCLUDE = re.compile(r"^\s*include\s+[\"']([^\"']+)[\"']")
_PATTERNS = ("/etc/nftables/*.nft", "/etc/nftables/*.rules")
_DEEPEST = 16  # nft's own limit


def rules_permanent(host: Examined) -> Result:
    """The file that is loaded at boot, or what it includes, has base chains for all three ways."""
    texts = {path: lines for path in _FILES if (lines := lines_of(host, path)) is not None}
    if not texts:
        return Result("fail", (Evidence(_FILES[0], "missing", "rules that are loaded at boot"),))
    hooks = {hook for path, lines in texts.items() for hook in _hooks(host, path, lines, 0)}
    names = " and ".join(texts)
    looked = [
        (hook in hooks, Evidence(names, f"{hook}: {'there' if hook in hooks else 'no base chain'}", "a base chain"))
        for hook in ("input", "forward", "output")
    ]
    return judged(looked, empty=Result("pass"))


def _hooks(host: Examined, path: str, lines: list[str], depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        raise CannotTell("error", f"{path}: files of nftables include each other in a circle")
    for line in lines:
        text = line.partition("#")[0]
        yield from (match[1] for match in _HOOK.finditer(text))
        match = _INCLUDE.match(text)
        if match is not None:
            for name, inner in _included(host, path, match[1]):
                yield from _hooks(host, name, inner, depth + 1)


def _included(host: Examined, path: str, target: str) -> Iterator[tuple[str, list[str]]]:
    target = target if target.startswith("/") else f"{path.rpartition('/')[0]}/{target}"
    folder = target.rpartition("/")[0]
    if "*" not in target and host.inventory.one("text", target) is not None:
        lines = lines_of(host, target)
        if lines is not None:
            yield target, lines
        return
    found = within(host, folder, next((one for one in _PATTERNS if one.startswith(folder)), target))
    yield from ((name, lines) for name, lines in found.items() if fnmatch.fnmatchcase(name, target))
