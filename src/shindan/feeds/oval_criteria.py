"""From a tree of criteria to flat rows: each test of a package with the guards that stand around it.

Publishers use one shape: AND of guards (release, architecture, module, what else is there) and of an OR of packages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from shindan.feeds.oval import Leaf, Node


class Guard(NamedTuple):
    """A condition around packages: its kind (`release`, `arch`, `module`, `not_installed` …) and its alternatives."""

    kind: str
    values: tuple[str, ...]


class PackageTest(NamedTuple):
    """What a leaf says of a package: `state` is `fixed`, `affected` or `not_affected` in the publisher's sense."""

    package: str
    state: str
    version: str = ""


Meaning = Callable[[Leaf], Guard | PackageTest | None]
"""What a publisher means by a leaf; None for what decides nothing, such as signatures."""


class Flat(NamedTuple):
    """One row: a package's test, its architectures, and all guards that hold around it."""

    test: PackageTest
    arches: tuple[str, ...]
    guards: tuple[Guard, ...]


def flat(node: Node, meaning: Meaning, guards: tuple[Guard, ...] = ()) -> Iterator[Flat]:
    """The rows of a tree."""
    around = guards
    if node.operator == "AND":
        around = (*guards, *(guard for part in node.children for guard in _guards(part, meaning)))
    for part in node.children:
        if isinstance(part, Node):
            yield from flat(part, meaning, around)
            continue
        meant = meaning(part)
        if isinstance(meant, PackageTest):
            yield Flat(meant, part.arches, around)


def _guards(part: Node | Leaf, meaning: Meaning) -> Iterator[Guard]:
    """The guards of one branch of an AND: a leaf's own, or alternatives of one kind; none where it holds packages."""
    if isinstance(part, Leaf):
        meant = meaning(part)
        if isinstance(meant, Guard):
            yield meant
        return
    found: list[Guard] = []
    for sub in part.children:
        if isinstance(sub, Leaf):
            meant = meaning(sub)
            if isinstance(meant, PackageTest):
                return
            found.extend([meant] if meant is not None else [])
        elif _holds_packages(sub, meaning):
            return
        else:
            found.extend(_guards(sub, meaning))
    if part.operator == "AND":
        yield from found
        return
    kinds = dict.fromkeys(guard.kind for guard in found)
    if len(kinds) == 1:
        values = dict.fromkeys(value for guard in found for value in guard.values)
        yield Guard(next(iter(kinds)), tuple(values))


def _holds_packages(node: Node, meaning: Meaning) -> bool:
    return any(
        _holds_packages(part, meaning) if isinstance(part, Node) else isinstance(meaning(part), PackageTest)
        for part in node.children
    )
