"""What jobs work with, wired once by the roof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shindan.engine.jobs import Jobs
from shindan.engine.judge import Judge
from shindan.engine.timing import Timing
from shindan.model.arn import Arn, parse, partition_of
from shindan.model.packages import PackageName, package_of
from shindan.model.run import Run
from shindan.notify import Notifier
from shindan.store.blobs import Blobs
from shindan.store.database import Database


@dataclass(frozen=True, slots=True)
class Work:
    """The engine as its jobs see it; `judges` are the rules packages that can be evaluated, `notifier` sends.

    `aws_endpoint` stands in for AWS; None: AWS itself.
    """

    database: Database
    blobs: Blobs
    jobs: Jobs
    data: Path
    region: str
    judges: Mapping[PackageName, Judge]
    timing: Timing = field(default_factory=Timing)
    notifier: Notifier = field(default_factory=Notifier)
    aws_endpoint: str | None = None


def run_arn(region: str, run: Run) -> Arn:
    """A run's name."""
    return Arn(region, run.account, "run", (run.target, run.template, run.id), partition_of(region))


def packages_of(run: Run) -> dict[PackageName, str]:
    """The rules packages of a run, in its order, with their names as the caller gave them."""
    found: dict[PackageName, str] = {}
    for text in run.packages:
        name = package_of(parse(text))
        if name is not None:
            found.setdefault(name, text)
    return found


def advance_key(run_id: str) -> str:
    """The key under which a run's next move waits."""
    return f"advance {run_id}"
