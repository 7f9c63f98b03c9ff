"""Words of rules' texts, by which findings are searched: an index of our own, the same on both databases.

A search is words; each must begin some word of a rule's id, title or component (or stand in a host's name, which is
the searcher's to ask). Neither SQLite's FTS5 nor PostgreSQL's `tsvector` is used: the texts are few (one for each rule,
not for each finding), beginnings of words are what people type, and two dialects would find two different things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Select, select

from shindan.store.database import upsert
from shindan.store.tables import rule_word

_WORD = re.compile(r"\w+")
_WHOLE = re.compile(r"[\w.+-]*\w")
_SHORTEST, _LONGEST = 2, 60
_SAID_OF_ALL = frozenset({"instance", "agent", "is", "vulnerable", "to", "the", "of", "and"})
"""In the title of nearly every finding: they would tell nothing from anything."""
MOST = 8
"""Words of one search; more are left out."""


def words_of(text: str) -> set[str]:
    """The words of a text, in small letters: whole ones (`cve-2026-0001`, `libssl3`) and their parts."""
    small = text.lower()
    found = {word[:_LONGEST] for form in (_WHOLE, _WORD) for word in form.findall(small)}
    return {word for word in found if len(word) >= _SHORTEST} - _SAID_OF_ALL


def asked(text: str) -> tuple[str, ...]:
    """The words of a search, in the order typed."""
    small = (word[:_LONGEST] for word in _WHOLE.findall(text.lower()))
    return tuple(dict.fromkeys(word for word in small if word not in _SAID_OF_ALL))[:MOST]


def note(connection: Connection, texts: Iterable[tuple[int, Sequence[str]]]) -> None:
    """Notes the words of rules: (number, its texts). A text never changes, so those that have words are done."""
    given = dict(texts)
    done = set(connection.execute(select(rule_word.c.rule).where(rule_word.c.rule.in_(given)).distinct()).scalars())
    new = ((number, some) for number, some in given.items() if number not in done)
    pairs = {(word, number) for number, some in new for text in some for word in words_of(text)}
    rows = [{"word": word, "rule": number} for word, number in sorted(pairs)]
    upsert(connection, rule_word, rows, key=("word", "rule"), update=())


def rules_with(word: str) -> Select[tuple[int]]:
    """Numbers of the rules that have a word which begins like this one."""
    return select(rule_word.c.rule).where(begins(word))


def begins(word: str) -> ColumnElement[bool]:
    """Whether a word of the index begins like this one."""
    # Not LIKE: PostgreSQL would need an index of another kind for it in most locales.
    return (rule_word.c.word >= word) & (rule_word.c.word < word + "\U0010ffff")
