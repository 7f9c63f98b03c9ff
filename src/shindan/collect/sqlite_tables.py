"""Tables of an SQLite database by their names and their columns' names. Python 3.6 grammar."""

import re
from typing import Any, Dict, Iterator, NamedTuple, Tuple

from shindan.collect.damaged import Damaged
from shindan.collect.sqlite_pages import Pages, values

_MOST_TABLES = 1000
_WORD = re.compile(r"^\s*[\"'`\[]?([^\s\"'`\]]+)")
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_CONSTRAINTS = frozenset(["constraint", "primary", "unique", "check", "foreign"])


class Table(NamedTuple):
    """Where a table's b-tree begins, and its columns' names in their order; `own` is the one that is the rowid."""

    root: int
    columns: Tuple[str, ...]
    own: str


def tables(pages: Pages) -> Dict[str, Table]:
    """The tables by name. Raises Damaged."""
    found: Dict[str, Table] = {}
    for row in pages.rows(1):
        said = values(row.record)
        if len(said) == 5 and said[0] == "table" and isinstance(said[3], int) and isinstance(said[4], str):
            names, own = _columns(said[4])
            found[str(said[1])] = Table(said[3], names, own)
        if len(found) > _MOST_TABLES:
            raise Damaged("it has more than {} tables".format(_MOST_TABLES))
    return found


def table_rows(pages: Pages, table: Table) -> Iterator[Dict[str, Any]]:
    """Each row as a mapping of its columns' names; columns that were added after it was written are absent."""
    for row in pages.rows(table.root):
        said = dict(zip(table.columns, values(row.record)))
        if table.own:
            said[table.own] = row.rowid
        yield said


def _columns(sql: str) -> Tuple[Tuple[str, ...], str]:
    """The columns of `CREATE TABLE`, and which of them is an `INTEGER PRIMARY KEY`, which is not stored."""
    names, own = [], ""
    for definition in _definitions(_COMMENT.sub(" ", sql).partition("(")[2]):
        match = _WORD.match(definition)
        if match is None or match.group(1).lower() in _CONSTRAINTS:
            continue
        names.append(match.group(1))
        if re.search(r"\bINTEGER\s+PRIMARY\s+KEY\b", definition, re.IGNORECASE):
            own = match.group(1)
    return tuple(names), own


def _definitions(text: str) -> Iterator[str]:
    """What stands between commas outside parentheses, up to the parenthesis that closes the table."""
    depth, start = 0, 0
    for at, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        if depth < 0 or (character == "," and depth == 0):
            yield text[start:at]
            start = at + 1
        if depth < 0:
            return
