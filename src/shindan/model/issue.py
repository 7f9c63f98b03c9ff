"""What stands behind findings of many runs: an issue of one host, with when it was seen and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shindan.model.packages import PackageName
from shindan.model.stored_finding import ShownSeverity

Status = Literal["open", "fixed", "suppressed"]
"""`fixed`: the package that found it looked again and found it no more."""

ScopeKind = Literal["host", "tag", "component", "cve", "rule", "package", "selection"]
"""What a suppression is about; `component` is the installed package's name, `package` a rules package.

A `selection` are issues that were chosen one by one; its value says how many there were.
"""

SCOPE_KINDS: tuple[ScopeKind, ...] = ("host", "tag", "component", "cve", "rule", "package")
"""Those that can be given; a selection is made by choosing."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue; moments are milliseconds since the epoch.

    `component` is the name of what is affected, `installed` its version as last seen (`3.0.16-1~deb12u1`; what is no
    package stands there as findings name it). `suppression` is the id of the suppression that marks it.
    """

    fingerprint: str
    host: str
    package: PackageName
    rule_id: str
    subject: str
    component: str
    installed: str
    severity: ShownSeverity
    title: str
    status: Status
    first_observed: int
    last_observed: int
    fixed_at: int | None = None
    suppression: str | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why issues are not to be counted: every pair of `scope` must hold.

    A tag's scope is `key` or `key=value`. `expires_at` (milliseconds) is None for one that lasts.
    """

    id: str
    scope: tuple[tuple[ScopeKind, str], ...]
    reason: str
    owner: str
    created_at: int
    expires_at: int | None = None
