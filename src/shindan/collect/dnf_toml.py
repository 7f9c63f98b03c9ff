"""The little of TOML that libdnf5 writes for its state: tables, inline tables, texts, lists. Python 3.6 grammar.

Source: https://toml.io/en/v1.0.0, and libdnf5's `system/state.cpp`, which writes `"key" = {name="value"}` on one line
or `[table.key]` with `name = "value"` below it. Python has a reader of TOML only since 3.11.
"""

import re
from typing import Dict, Iterable, Iterator, Optional, Tuple

_KEY = r"(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|([A-Za-z0-9_+.:-]+))"
_TABLE = re.compile(r"^\[\s*(\w+)\s*(?:\.\s*" + _KEY + r"\s*)?\]\s*$")
_INLINE = re.compile(r"^\s*" + _KEY + r"\s*=\s*\{(.*)\}\s*$")
_PAIR = re.compile(r"(\w+)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|(\[[^\]]*\])|([\w.+-]+))")


def records(lines: Iterable[bytes], table: str) -> Iterator[Tuple[str, Dict[str, str]]]:
    """(key, its pairs) of everything in a table of tables; lists come as they are written."""
    inside, key = False, ""
    said: Dict[str, str] = {}
    for raw in lines:
        line = raw.decode("utf-8", "replace").strip()
        head = _TABLE.match(line)
        if head is not None:
            if key:
                yield key, said
            inside, key, said = head.group(1) == table, "", {}
            if inside and head.lastindex is not None and head.lastindex > 1:
                key = _text(head.group(2), head.group(3), head.group(4))
            continue
        if not inside:
            continue
        inline = _INLINE.match(line)
        if inline is not None and not key:
            yield _text(inline.group(1), inline.group(2), inline.group(3)), _pairs(inline.group(4))
        elif key:
            said.update(_pairs(line))
    if key:
        yield key, said


def _pairs(text: str) -> Dict[str, str]:
    found = {}
    for match in _PAIR.finditer(text):
        name, double, single, listed, word = match.groups()
        found[name] = _text(double, single, listed or word)
    return found


def _text(double: Optional[str], single: Optional[str], bare: Optional[str]) -> str:
    if double is not None:
        return re.sub(r"\\(.)", r"\1", double)
    return single if single is not None else bare or ""
