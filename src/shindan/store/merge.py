"""Several generations' words on the same ids, made one."""

from __future__ import annotations

from collections.abc import Iterable

from shindan.model.advisory import Enrichment


def merge(enrichments: Iterable[Enrichment]) -> Enrichment:
    """One view of what several sources say of the same CVE id, in the order given.

    Every vector and reference once, the first EPSS and KEV entries, the longest description, the first day it
    was published and the last it was modified; rejected if any of them says so. Raises ValueError if there
    are none.
    """
    several = list(enrichments)
    if not several:
        raise ValueError("nothing to merge")
    published = [e.published for e in several if e.published]
    return Enrichment(
        id=several[0].id,
        vectors=tuple(dict.fromkeys(vector for e in several for vector in e.vectors)),
        epss=next((e.epss for e in several if e.epss), None),
        kev=next((e.kev for e in several if e.kev), None),
        description=max((e.description for e in several), key=len),
        references=tuple(dict.fromkeys(reference for e in several for reference in e.references)),
        published=min(published, default=""),
        modified=max(e.modified for e in several),
        rejected=any(e.rejected for e in several),
    )
