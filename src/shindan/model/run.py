"""One execution of a template: its thirteen states and which may follow which.

Moments are milliseconds since the epoch, in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from shindan.model.assessment import Pairs

RunState = Literal[
    "CREATED",
    "START_DATA_COLLECTION_PENDING",
    "START_DATA_COLLECTION_IN_PROGRESS",
    "COLLECTING_DATA",
    "STOP_DATA_COLLECTION_PENDING",
    "DATA_COLLECTED",
    "START_EVALUATING_RULES_PENDING",
    "EVALUATING_RULES",
    "FAILED",
    "ERROR",
    "COMPLETED",
    "COMPLETED_WITH_ERRORS",
    "CANCELED",
]
"""The API's own words."""

RUN_STATES: tuple[RunState, ...] = get_args(RunState)

ENDED: frozenset[RunState] = frozenset({"COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "ERROR", "CANCELED"})
"""States that nothing follows; findings are visible and a run may be deleted only in one of these."""

EVALUATED: frozenset[RunState] = frozenset({"COMPLETED", "COMPLETED_WITH_ERRORS"})
"""Ends after which reports can be made."""

BEFORE_EVALUATION: frozenset[RunState] = frozenset(
    {
        "CREATED",
        "START_DATA_COLLECTION_PENDING",
        "START_DATA_COLLECTION_IN_PROGRESS",
        "COLLECTING_DATA",
        "STOP_DATA_COLLECTION_PENDING",
        "DATA_COLLECTED",
        "START_EVALUATING_RULES_PENDING",
    }
)
"""States in which a run can still be cancelled."""

_FOLLOWING: dict[RunState, tuple[RunState, ...]] = {
    "CREATED": ("START_DATA_COLLECTION_PENDING",),
    "START_DATA_COLLECTION_PENDING": ("START_DATA_COLLECTION_IN_PROGRESS",),
    "START_DATA_COLLECTION_IN_PROGRESS": ("COLLECTING_DATA",),
    "COLLECTING_DATA": ("STOP_DATA_COLLECTION_PENDING",),
    "STOP_DATA_COLLECTION_PENDING": ("DATA_COLLECTED",),
    "DATA_COLLECTED": ("START_EVALUATING_RULES_PENDING", "EVALUATING_RULES"),
    "START_EVALUATING_RULES_PENDING": ("EVALUATING_RULES",),
    "EVALUATING_RULES": ("COMPLETED", "COMPLETED_WITH_ERRORS"),
}


def may_follow(state: RunState, following: RunState) -> bool:
    """Whether a run in `state` may move on to `following`."""
    if state in ENDED:
        return False
    if following in ("FAILED", "ERROR"):
        return True
    if following == "CANCELED":
        return state in BEFORE_EVALUATION
    return following in _FOLLOWING[state]


@dataclass(frozen=True, slots=True)
class StateChange:
    """When a run came into a state."""

    state: RunState
    at: int


@dataclass(frozen=True, slots=True)
class Notification:
    """One publication of an event of a run.

    `status` is SUCCESS, TOPIC_DOES_NOT_EXIST, ACCESS_DENIED or INTERNAL_ERROR.
    """

    at: int
    event: str
    topic: str
    status: str
    message: str = ""

    @property
    def error(self) -> bool:
        """Whether it did not arrive."""
        return self.status != "SUCCESS"


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `template` and `target` are ids; duration, packages and attributes were copied when it started.

    `started_at` is when collection began, and `completed_at` when it ended; None before. `stop` is how somebody asked
    it to stop: `evaluate`, `skip`, or "". `counts` maps the API's severity words to numbers of findings.
    """

    id: str
    template: str
    target: str
    account: str
    name: str
    state: RunState
    duration: int
    packages: tuple[str, ...]
    attributes: Pairs
    created_at: int
    state_changed_at: int
    started_at: int | None = None
    completed_at: int | None = None
    data_collected: bool = False
    stop: str = ""
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing follows any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class RunHost:
    """One host of a run. `telemetry` are (message type, count, bytes); `facts` what it is judged by, a digest.

    `facts_at` is when an inventory came during the run, `samples` are digests of what was sampled for it meanwhile;
    `evaluated` says whether any package has judged it.
    """

    host: str
    health: str
    health_code: str
    health_details: str = ""
    scaling_group: str = ""
    facts: str | None = None
    facts_at: int | None = None
    samples: tuple[str, ...] = ()
    delivered_at: int | None = None
    telemetry: tuple[tuple[str, int, int], ...] = ()
    evaluated: bool = False

    @property
    def unheard(self) -> bool:
        """Whether nothing ever came from it, and no agent is known on it: only its cloud can tell of it."""
        return self.facts is None and self.health == "UNKNOWN"


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as it is described: with its way through the states, and what was told of it."""

    run: Run
    states: tuple[StateChange, ...]
    notifications: tuple[Notification, ...]
