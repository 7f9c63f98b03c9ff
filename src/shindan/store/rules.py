"""Texts that all findings of a rule share: kept once, under a number."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from shindan.model.assessment import Pairs
from shindan.store import rule_words
from shindan.store.database import upsert
from shindan.store.finding_traits import note_rules
from shindan.store.pairs import packed, unpacked
from shindan.store.tables import rule

_AT_ONCE = 500


class Rule(NamedTuple):
    """One rule as findings show it; `attributes` are those that do not differ from host to host.

    In the texts `{agent}` stands for the host's id and `{subject}` for what of it is affected. Of a rule about a
    package: `component` is its name, `fixed` the version that mends it ("" where none does), `kind` its format (`deb`);
    `kev` is the day by which CISA's catalogue of exploited flaws wants it mended.
    """

    package: str
    id: str
    title: str
    description: str
    recommendation: str
    attributes: Pairs = ()
    component: str = ""
    fixed: str = ""
    kind: str = ""
    kev: str = ""

    @property
    def digest(self) -> str:
        """What tells texts of one id apart."""
        return hashlib.sha256(repr(tuple(self)).encode("utf-8", "surrogatepass")).hexdigest()


def numbers(connection: Connection, rules: Iterable[Rule]) -> dict[Rule, int]:
    """The numbers of rules; those that are new are kept first."""
    wanted = {(one.package, one.id, one.digest): one for one in rules}
    found: dict[Rule, int] = {}
    keys = sorted(wanted)
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        rows = [_row(wanted[key], key[2]) for key in part]
        upsert(connection, rule, rows, key=("package", "id", "digest"), update=())
        before = len(found)
        ids, digests = {key[1] for key in part}, {key[2] for key in part}
        statement = select(rule.c.number, rule.c.package, rule.c.id, rule.c.digest)
        for row in connection.execute(statement.where(rule.c.id.in_(ids), rule.c.digest.in_(digests))):
            one = wanted.get((row.package, row.id, row.digest))
            if one is not None:
                found[one] = row.number
        shown = ((number, *pair) for one, number in list(found.items())[before:] for pair in one.attributes)
        note_rules(connection, shown, shared=True)
        fresh = [one for key in part if (one := wanted[key]) in found]
        rule_words.note(connection, ((found[one], (one.id, one.title, one.component)) for one in fresh))
    return found


def by_number(connection: Connection, wanted: Collection[int]) -> dict[int, Rule]:
    """Rules by number."""
    rows = connection.execute(select(rule).where(rule.c.number.in_(wanted)))
    return {
        row.number: Rule(
            row.package,
            row.id,
            row.title,
            row.description,
            row.recommendation,
            unpacked(row.attributes),
            row.component,
            row.fixed,
            row.kind,
            row.kev,
        )
        for row in rows
    }


def _row(one: Rule, digest: str) -> dict[str, object]:
    return {
        "package": one.package,
        "id": one.id,
        "digest": digest,
        "title": one.title,
        "component": one.component,
        "fixed": one.fixed,
        "kind": one.kind,
        "kev": one.kev[:10],
        "description": one.description,
        "recommendation": one.recommendation,
        "attributes": packed(one.attributes),
    }
