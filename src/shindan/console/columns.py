"""The columns of a table, named once: heads at a desk, labels of cards on a telephone."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup


class Columns:
    """Attributes are what a cell of the column begins with: `<td{{ c.name }}>`. A column is a label, or a label with
    classes: `num` (figures), `wide` (takes what is left), `main` (a card's headline), `bare` (no label on a card).
    """

    def __init__(self, given: dict[str, str | tuple[str, str]]) -> None:
        self._columns = {name: (one, "") if isinstance(one, str) else (one[0], one[1]) for name, one in given.items()}

    def __getattr__(self, name: str) -> Markup:
        if name.startswith("_") or name not in self._columns:
            raise AttributeError(name)
        label, classes = self._columns[name]
        text = Markup(' data-label="{}"').format(label)
        return text + Markup(' class="{}"').format(classes) if classes else text

    def __iter__(self) -> Iterator[tuple[str, str, str]]:
        """(name, label, classes) of each."""
        return iter([(name, label, classes) for name, (label, classes) in self._columns.items()])

    def __len__(self) -> int:
        return len(self._columns)


def columns(**given: str | tuple[str, str]) -> Columns:
    """The columns of a table, in their order."""
    return Columns(given)
