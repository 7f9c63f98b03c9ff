"""A host's inventory as checks look at it: what nobody knows is told apart from what is not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from shindan.facts.fact import Fact
from shindan.model.inventory import Inventory
from shindan.rules.checks.result import CannotTell

View = TypeVar("View")


class Examined:
    """One host under examination. Views that are dear (parsed files, merged settings) are made once."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._indexes: dict[str, dict[str, list[Fact]]] = {}
        self._views: dict[Any, Any] = {}
        self._gaps = _gaps_by_kind(inventory)
        self.family = inventory.platform.family if inventory.platform else ""
        """The OS family, `debian` or `rhel`; "" where the platform is unknown."""
        self.platform = inventory.platform.key if inventory.platform else ""
        """The platform's key, `debian:12`; "" where it is unknown."""

    @property
    def in_container(self) -> bool:
        """Whether the host is a container, which shares its kernel with others; false where nobody said so."""
        fact = self.inventory.one("container", "self")
        return bool(fact and fact.data.get("inside"))

    def all(self, kind: str) -> Sequence[Fact]:
        """Every fact of a kind. Raises CannotTell where there is none because nobody looked, or could not."""
        facts = self.inventory.all(kind)
        if not facts:
            self._refuse(kind)
        return facts

    def named(self, kind: str, subject: str) -> Sequence[Fact]:
        """The facts of a kind and subject, none where it is not there. Raises CannotTell as `all` does."""
        index = self._indexes.get(kind)
        if index is None:
            index = {}
            for fact in self.all(kind):
                index.setdefault(fact.subject, []).append(fact)
            # Only now: what could not be told must not be "not there" when it is asked for again.
            self._indexes[kind] = index
        found = index.get(subject, ())
        if not found and kind in self._gaps:
            # A part of the kind could not be looked at: this may have been in it.
            raise CannotTell("error", self._gaps[kind])
        return found

    def one(self, kind: str, subject: str) -> Fact | None:
        """The first fact of a kind and subject. Raises CannotTell as `all` does."""
        return next(iter(self.named(kind, subject)), None)

    def gap(self, kind: str) -> str:
        """Why some facts of a kind may be missing; "" where no collector said so."""
        return self._gaps.get(kind, "")

    def view(self, key: Any, make: Callable[[Examined], View]) -> View:
        """What `make` makes of this host, made once for a key."""
        if key not in self._views:
            self._views[key] = make(self)
        found: View = self._views[key]
        return found

    def _refuse(self, kind: str) -> None:
        if kind in self._gaps:
            raise CannotTell("error", self._gaps[kind])
        raise CannotTell("unknown", f"nobody looked for facts of the kind {kind}")


def _gaps_by_kind(inventory: Inventory) -> Mapping[str, str]:
    found: dict[str, list[str]] = {}
    for gap in inventory.all("gap"):
        for kind in gap.data.get("kinds") or ():
            found.setdefault(str(kind), []).append(str(gap.data.get("reason", "no reason given")))
    return {kind: "; ".join(dict.fromkeys(reasons)) for kind, reasons in found.items()}
