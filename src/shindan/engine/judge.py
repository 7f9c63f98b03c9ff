"""The port to the rules packages: facts of hosts in, what fails and what could not be judged out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from shindan.model.assessment import Pairs
from shindan.model.looked import Looked
from shindan.model.outcome import Verdict
from shindan.rules.base import Parameters
from shindan.store.rules import Rule


class Flaw(NamedTuple):
    """One rule that fails on a host. `subject` is what of the host is affected, as findings show it (a package with
    its version), `component` its name alone; `severity` a position in `SHOWN_SEVERITIES`.

    `about` tells issues of one rule on one host apart ("" where there can be only one), and is the same in every run.
    """

    rule: Rule
    severity: int
    subject: str = ""
    component: str = ""
    about: str = ""
    attributes: Pairs = ()


class CheckedRule(NamedTuple):
    """A rule as runs count it: of a benchmark by the control's number, else by its id (`benchmark` is "")."""

    benchmark: str
    rule: str
    title: str


@dataclass(frozen=True, slots=True)
class HostVerdict:
    """What a package says of one host: at most one flaw a rule (and `about`), codes of exclusions with their detail.

    `skipped`: findings left out because they are about kernels that do not run. `whole`: whether what is not among the
    flaws may be taken for mended; not so where a part of the host could not be looked at. `rules` has what became of
    each rule, where a package has a fixed list of them; `looked` how far a package without one came.
    """

    flaws: Sequence[Flaw] = ()
    exclusions: Sequence[tuple[str, str]] = ()
    skipped: int = 0
    whole: bool = True
    rules: Sequence[tuple[CheckedRule, Verdict]] = ()
    looked: Looked | None = None
    settled: Collection[str] = frozenset()
    """Ids of rules (as flaws name them) that were judged and do not fail: mended even where not all is `whole`."""


class Judging(Protocol):
    """One rules package at work on one state of its knowledge; remembers what hosts have in common."""

    @property
    def together(self) -> bool:
        """Whether hosts are judged better in one call, for what they have in common."""
        ...

    def judge(self, facts: Sequence[bytes], given: Sequence[Parameters] = ()) -> list[HostVerdict]:
        """One verdict for each host's facts (NDJSON), in order; `given` is what is wanted otherwise of each."""
        ...


class Judge(Protocol):
    """One rules package."""

    def begin(self) -> AbstractContextManager[Judging]:
        """Opens the knowledge that is in force now."""
        ...

    def missing(self, platforms: Iterable[str]) -> tuple[str, ...]:
        """Those of these releases (`debian:12`) that the knowledge at hand says nothing of."""
        ...

    def fetch(self, facts: Iterable[bytes]) -> Mapping[str, str] | None:
        """Tries to get what is missing for these hosts, and says in a sentence why a release stays missing.

        None where another call is at it, which takes care of these hosts, too.
        """
        ...

    def state(self) -> str:
        """What identifies the knowledge in force: another state may judge otherwise."""
        ...
