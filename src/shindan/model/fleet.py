"""What was found on many hosts, host by host, before it has a form: of a run, or of an account as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shindan.model.assessment import Pairs
from shindan.model.checked import Counts
from shindan.model.packages import PackageName
from shindan.model.result import ScanResult


class Seen(NamedTuple):
    """When a finding was made first and last (milliseconds since the epoch), and its id in this installation."""

    id: str
    first: int
    last: int


class FleetHost(NamedTuple):
    """One host: its id, what was found on it, and `seen` for each of these findings, in order. `image` is its AMI."""

    id: str
    result: ScanResult
    seen: Sequence[Seen]
    tags: Pairs = ()
    image: str = ""
    scaling_group: str = ""


class RuleCounts(NamedTuple):
    """A rule that a run evaluated, or a benchmark's control by its number, and on how many hosts it came to what."""

    package: PackageName
    benchmark: str
    rule: str
    title: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Fleet:
    """Many hosts with what was found on them. `hosts` reads them anew with every call, and holds a few at a time.

    `arn` is the run's, or the account's target's ("" for all hosts); `rules` are a run's, and `notes` what could not be
    judged on no host in particular. `generated_at` is ISO 8601, UTC.
    """

    kind: Literal["run", "open"]
    name: str
    arn: str
    account: str
    region: str
    partition: str
    generated_at: str
    tool_version: str
    hosts: Callable[[], Iterator[FleetHost]]
    rules: tuple[RuleCounts, ...] = ()
    notes: tuple[str, ...] = ()


FORMS = ("JSON", "CSV", "SARIF", "CYCLONEDX", "OPENVEX", "MARKDOWN", "JUNIT", "ASFF", "DEFECTDOJO")
"""What a fleet is exported as."""
