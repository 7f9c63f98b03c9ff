"""One package × one id: every row that speaks of them, in two passes, to one decision with its reason.

Pass one takes the disclosures of the feed whose word leads (`families.FEED_RANK`). Pass two subtracts what
resolves them: a leading row that clears the package, a fix from a channel that the host is entitled to, or, where the
leading feed names no fix, a newer source that does. A lower-ranked source never makes a package affected that the
leading one clears.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from shindan.model.advisory import AffectedRow, Generation
from shindan.rules.cve.compare import Keys, Standing, in_words, standing
from shindan.rules.cve.context import Context, applies, locked_by, unlocked
from shindan.rules.cve.families import FEED_RANK, GROUPED_RANK, SHIPPED
from shindan.rules.cve.subject import Subject

Verdict = Literal["affected", "resolved", "not_affected", "not_comparable"]

_LAST_RANK = 9


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """A verdict about one id and one package; the matcher makes each once, so they are told apart by identity.

    `row` is the row that decided, `stands` where the installed version stands to it, `fix` the row that names
    the fixing version (None: no fix can be had). `rows` are all that speak of the pair.
    """

    lead: str
    subject: Subject
    verdict: Verdict
    row: AffectedRow
    stands: Standing
    fix: AffectedRow | None
    rows: tuple[AffectedRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def comparison(self) -> str:
        """The comparison that was made, in words."""
        return in_words(self.row, self.subject, self.stands)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a decision needs beside the rows: keys, the host's context, generations, and who knows an id singly."""

    keys: Keys
    context: Context
    generations: dict[str, Generation]
    clears_by_silence: Callable[[str], str]


def rank(row: AffectedRow, generations: dict[str, Generation]) -> int:
    """Whose word leads: smaller is stronger. An advisory that is not about one CVE id by name says less."""
    feed = generations[row.generation].feed if row.generation in generations else ""
    own = FEED_RANK.get(feed, _LAST_RANK)
    singly = any(row.advisory.endswith(lead) for lead in row.leads)
    return max(own, GROUPED_RANK) if own < FEED_RANK["archive"] and not singly else own


def decide(lead: str, subject: Subject, rows: Sequence[AffectedRow], bench: Bench) -> Decision | None:
    """The decision about one id and one package, or None where no row speaks of the two here."""
    if len(rows) == 1 and not rows[0].only_if and len(rows[0].leads) == 1:
        return _alone(lead, subject, rows[0], bench)
    speaking = tuple(row for row in rows if applies(row, subject, bench.context))
    if not speaking:
        return None
    free = [row for row in speaking if not locked_by(row, subject, bench.context)] or speaking
    ranks = [rank(row, bench.generations) for row in free]
    best = min(ranks)
    stands = [(standing(row, subject, bench.keys), row) for row, own in zip(free, ranks, strict=True) if own == best]
    cleared = next((row for how, row in stands if how == "not_affected"), None)
    if cleared is not None:
        return Decision(lead, subject, "not_affected", cleared, "not_affected", None, speaking)
    hits = [row for how, row in stands if how == "in"]
    if not hits:
        return _clean(lead, subject, stands, speaking)
    grouped = best == GROUPED_RANK and all(len(row.leads) > 1 for row in hits)
    silence = bench.clears_by_silence(lead) if grouped else ""
    if silence:
        note = f"{silence} knows {lead} and does not list {subject.source}: a grouped advisory says less"
        return Decision(lead, subject, "not_affected", hits[0], "in", None, speaking, (note,))
    return _resolved_by_channel(lead, subject, speaking, bench) or _affected(lead, subject, hits, speaking, bench)


def _alone(lead: str, subject: Subject, row: AffectedRow, bench: Bench) -> Decision | None:
    """The same where one row speaks, of this id only and without conditions: so are nearly all that a host has."""
    if not applies(row, subject, bench.context):
        return None
    how = standing(row, subject, bench.keys)
    if how == "in":
        return Decision(lead, subject, "affected", row, how, row if row.fixed else None, (row,))
    if how == "not_affected":
        return Decision(lead, subject, "not_affected", row, how, None, (row,))
    return _clean(lead, subject, [(how, row)], (row,))


def _clean(
    lead: str, subject: Subject, stands: list[tuple[Standing, AffectedRow]], speaking: tuple[AffectedRow, ...]
) -> Decision:
    """No leading row hits: past a fix, before the introduction, or not to be compared."""
    order: tuple[Standing, ...] = ("past", "below", "incomparable")
    how, row = min(stands, key=lambda pair: order.index(pair[0]))
    verdict: Verdict = {"past": "resolved", "below": "not_affected"}.get(how, "not_comparable")  # type: ignore[assignment]
    return Decision(lead, subject, verdict, row, how, None, speaking)


def _resolved_by_channel(
    lead: str, subject: Subject, speaking: tuple[AffectedRow, ...], bench: Bench
) -> Decision | None:
    """A paid channel has fixes of its own: what came from it is not to be measured by the base release's rows."""
    stands = [(standing(row, subject, bench.keys), row) for row in speaking if unlocked(row, subject, bench.context)]
    past = next((row for how, row in stands if how == "past" and row.fixed), None)
    if past is None or any(how == "in" for how, _ in stands):
        return None
    note = f"fixed in a channel that this host is entitled to: {in_words(past, subject, 'past')}"
    return Decision(lead, subject, "resolved", past, "past", None, speaking, (note,))


def _affected(
    lead: str, subject: Subject, hits: list[AffectedRow], speaking: tuple[AffectedRow, ...], bench: Bench
) -> Decision:
    """The leading rows hit: find the fix, and whether a newer source already resolved it."""
    fixing = [row for row in hits if row.fixed and not locked_by(row, subject, bench.context)]
    if len(fixing) == len(hits):
        newest = max(fixing, key=lambda row: row.fixed_key or b"")
        return Decision(lead, subject, "affected", newest, "in", newest, speaking)
    disclosed = next(row for row in hits if row not in fixing)
    fixes: list[AffectedRow] = []
    for row in speaking:
        if not row.fixed or locked_by(row, subject, bench.context):
            continue
        channel = unlocked(row, subject, bench.context)
        if not channel and (row in hits or not _newer(row, disclosed, bench)):
            continue
        how = standing(row, subject, bench.keys)
        if how == "past" and not channel:
            note = f"{disclosed.generation} names no fix; {row.generation} does: {in_words(row, subject, how)}"
            return Decision(lead, subject, "resolved", row, how, None, speaking, (note,))
        if how == "in":
            fixes.append(row)
    fix = max(fixes, key=lambda row: row.fixed_key or b"", default=None)
    return Decision(lead, subject, "affected", disclosed, "in", fix, speaking, _locked(speaking, subject, bench))


def _newer(row: AffectedRow, disclosed: AffectedRow, bench: Bench) -> bool:
    """Whether a row may resolve what another feed discloses: shipped changes are facts, others must be newer."""
    theirs, ours = bench.generations.get(row.generation), bench.generations.get(disclosed.generation)
    if theirs is None or ours is None:
        return False
    return theirs.feed in SHIPPED or theirs.newest > ours.newest


def _locked(rows: Sequence[AffectedRow], subject: Subject, bench: Bench) -> tuple[str, ...]:
    """Notes on fixes that exist only behind an entitlement this host lacks."""
    notes = []
    for row in rows:
        service = locked_by(row, subject, bench.context)
        if service and row.fixed and standing(row, subject, bench.keys) == "in":
            notes.append(f"fixed in {row.fixed}, which needs the entitlement {service}")
    return tuple(dict.fromkeys(notes))
