"""What a scan is told to want otherwise: users' own rules, a file of tailoring, a file of zones."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from shindan.engine.terms import in_force
from shindan.rules import tailoring
from shindan.rules.cis.benchmarks import Library, library
from shindan.rules.fault import RuleRefused
from shindan.rules.network.zones import zones_of
from shindan.rules.tailored import Tailored
from shindan.service.own_rules import strictly

__all__ = ["RuleRefused", "Told", "told"]


class Told(NamedTuple):
    """Rules and parameters of a scan, and what is to be said of them."""

    library: Library | None
    parameters: Tailored
    notes: tuple[str, ...]


def told(rules: Path | None, tailoring_file: Path | None, zones: Path | None) -> Told:
    """Reads what was named. Entries for hosts with tags are the server's: a scan says that it passed over them.

    Raises RuleRefused, ZonesRefused, and OSError or ValueError for a file of zones that cannot be read.
    """
    known = strictly(rules) if rules else None
    parameters, notes = Tailored(), []
    if tailoring_file is not None:
        entries = tailoring.read(tailoring_file, known or library())
        current = in_force(entries)
        notes += [f"{one.name}: its tailoring expired on {one.until}" for one in entries if one not in current]
        here = [one for one in current if not one.tags]
        if len(here) < len(current):
            notes.append(
                f"{len(current) - len(here)} entries of tailoring are for hosts with tags, which a scan has not"
            )
        parameters = tailoring.tailored(here)
    if zones is not None:
        text = zones.read_text("utf-8")
        zones_of(text)
        parameters.zones = text
    return Told(known, parameters, tuple(notes))
