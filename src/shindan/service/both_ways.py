"""Pages that lead on and back: what was read, cut to a page, with the places of its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shindan.service.paging import Pager

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Cut(Generic[Item]):
    """The items of a page, and what the tokens of the pages around it say; None where there is none."""

    items: tuple[Item, ...]
    next: list[Any] | None
    previous: list[Any] | None


def place(pager: Pager, token: str | None) -> tuple[bool, tuple[Any, ...] | None]:
    """(whether back, from which place) a token says; from the beginning without one. Raises InvalidInput."""
    said = pager.after(token)
    return (False, None) if said is None else (bool(said[0]), tuple(said[1]))


def with_place(pager: Pager, token: str | None) -> bool:
    """Whether what stands at the place of a token is wanted, too."""
    said = pager.after(token)
    return said is not None and len(said) > 2 and bool(said[2])


def turned(pager: Pager, back: bool, place: tuple[Any, ...]) -> str:
    """The token that leads back from an empty page to where it was come from."""
    return pager.token([not back, list(place), True])


def cut(found: Sequence[Item], length: int, back: bool, begun: bool, at: Callable[[Item], Any]) -> Cut[Item]:
    """The page of items that were read one more than `length`, in the list's order. `back`: the nearest were read
    first; `begun`: there was a token.
    """
    kept, more = tuple(found[:length]), len(found) > length
    if back:
        kept = kept[::-1]
    if not kept:
        return Cut(kept, None, None)
    on, off = [False, list(at(kept[-1]))], [True, list(at(kept[0]))]
    if back:
        return Cut(kept, on, off if more else None)
    return Cut(kept, on if more else None, off if begun else None)


def tokens(pager: Pager, page: Cut[Any]) -> tuple[str | None, str | None]:
    """The tokens of the next page and of the one before."""
    return (
        None if page.next is None else pager.token(page.next),
        None if page.previous is None else pager.token(page.previous),
    )
