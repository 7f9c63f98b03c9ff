"""Who calls, for which account and region, and what their policies let them do."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shindan.model.arn import Arn, Kind, parse, partition_of
from shindan.model.refusals import AccessDenied, InvalidInput


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `policies` are policy documents (IAM's form); an administrator needs none."""

    account: str
    region: str
    user: str
    administrator: bool = False
    policies: tuple[Mapping[str, Any], ...] = ()

    def arn(self, kind: Kind, *ids: str) -> Arn:
        """A name of this account and region."""
        return Arn(self.region, self.account, kind, ids, partition_of(self.region))

    @property
    def principal(self) -> str:
        """How messages name the caller."""
        return f"arn:{partition_of(self.region)}:iam::{self.account}:user/{self.user}"


def allowed(caller: Caller, action: str, resources: Iterable[str] = ("*",)) -> bool:
    """Whether the caller's policies allow an action (`inspector:ListFindings`) on every one of these resources.

    As in IAM: an explicit deny wins, and what nobody allows is denied. `*` and `?` are wildcards, actions are compared
    without case (IAM user guide, "Policy evaluation logic"; "IAM JSON policy elements").
    """
    if caller.administrator:
        return True
    statements = [statement for document in caller.policies for statement in _list(document.get("Statement"))]
    return all(_decided(statements, action, resource) for resource in (list(resources) or ["*"]))


def _decided(statements: Iterable[Mapping[str, Any]], action: str, resource: str) -> bool:
    granted = False
    for statement in statements:
        if not (_speaks(statement, "Action", action.lower()) and _speaks(statement, "Resource", resource)):
            continue
        if statement.get("Effect") == "Deny":
            return False
        granted = granted or statement.get("Effect") == "Allow"
    return granted


def _speaks(statement: Mapping[str, Any], element: str, value: str) -> bool:
    if f"Not{element}" in statement:
        return not any(_matches(pattern, value, element) for pattern in _list(statement[f"Not{element}"]))
    return any(_matches(pattern, value, element) for pattern in _list(statement.get(element)))


def _matches(pattern: Any, value: str, element: str) -> bool:
    text = str(pattern).replace("[", "[[]")
    return fnmatch.fnmatchcase(value, text.lower() if element == "Action" else text)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


_WORDS: dict[Kind, str] = {
    "target": "ASSESSMENT_TARGET",
    "template": "ASSESSMENT_TEMPLATE",
    "run": "ASSESSMENT_RUN",
    "finding": "FINDING",
    "resourcegroup": "RESOURCE_GROUP",
    "rulespackage": "RULES_PACKAGE",
    "exclusion": "RESOURCE",
}


def word_of(kind: Kind) -> str:
    """How error codes name a kind of resource: `ASSESSMENT_TARGET`."""
    return _WORDS[kind]


def owned(caller: Caller, text: str, kind: Kind, code: str = "") -> Arn:
    """The name in a request, which must be of this kind and of the caller's account.

    Raises InvalidInput (`code`, by default `INVALID_<KIND>_ARN`) for a malformed name, another kind or another region,
    and AccessDenied for another account's.
    """
    try:
        arn = parse(text)
    except ValueError:
        arn = None
    if arn is None or arn.kind != kind or arn.region != caller.region:
        raise InvalidInput(code or f"INVALID_{_WORDS[kind]}_ARN", f"{text[:300]!r} is not the ARN of a {kind}")
    if kind != "rulespackage" and arn.account != caller.account:
        raise AccessDenied(f"ACCESS_DENIED_TO_{_WORDS[kind]}", f"{caller.principal} may not use {text}")
    return arn
