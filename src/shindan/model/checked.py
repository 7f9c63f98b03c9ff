"""What became of a rules package's rules on one host, beside its findings: counted, and why some could not be told."""

from __future__ import annotations

from typing import NamedTuple

from shindan.model.packages import PackageName


class Counts(NamedTuple):
    """Outcomes by what they say. `not_told` are those where somebody or nobody looked and could not tell."""

    passed: int = 0
    failed: int = 0
    not_applicable: int = 0
    manual: int = 0
    not_told: int = 0

    @property
    def score(self) -> float | None:
        """The share of what passed among what passed or failed (0.0 to 1.0); None where nothing did either."""
        judged = self.passed + self.failed
        return self.passed / judged if judged else None


class Section(NamedTuple):
    """One section of a benchmark, by its number: the text of a section is its publisher's."""

    number: str
    counts: Counts


class NotTold(NamedTuple):
    """Rules that could not be told for one reason: how many, and the titles of some."""

    reason: str
    rules: int
    examples: tuple[str, ...]


class Checked(NamedTuple):
    """A rules package on one host. `benchmark` is its name and version, or "" where the package has none.

    `notes` are what is to be said of how it was judged: whose map was used, or that there is none.
    """

    package: PackageName
    title: str
    counts: Counts
    benchmark: str = ""
    sections: tuple[Section, ...] = ()
    not_told: tuple[NotTold, ...] = ()
    notes: tuple[str, ...] = ()
