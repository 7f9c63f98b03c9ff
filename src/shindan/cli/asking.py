"""What commands ask the API again and again: everything of one kind, descriptions, and what a name stands for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import typer


class Kind(NamedTuple):
    """A kind of resource: its word, the operations that list and describe it, and their members.

    `names` is the member with ARNs, in the list's answer as in the request for descriptions; `records` the member with
    descriptions (a list, or a map by ARN), of which `at_once` are given. `list_` is "" for what the API does not list.
    """

    word: str
    list_: str
    names: str
    describe: str
    records: str
    at_once: int = 10


TARGETS = Kind(
    "target", "ListAssessmentTargets", "assessmentTargetArns", "DescribeAssessmentTargets", "assessmentTargets"
)
TEMPLATES = Kind(
    "template",
    "ListAssessmentTemplates",
    "assessmentTemplateArns",
    "DescribeAssessmentTemplates",
    "assessmentTemplates",
)
RUNS = Kind("run", "ListAssessmentRuns", "assessmentRunArns", "DescribeAssessmentRuns", "assessmentRuns")
FINDINGS = Kind("finding", "ListFindings", "findingArns", "DescribeFindings", "findings", 100)
EXCLUSIONS = Kind("exclusion", "ListExclusions", "exclusionArns", "DescribeExclusions", "exclusions", 100)
GROUPS = Kind("resource group", "", "resourceGroupArns", "DescribeResourceGroups", "resourceGroups")

_SHOWN_BY = {"target": "targets", "template": "templates", "run": "run"}

TargetArgument = Annotated[str, typer.Argument(metavar="TARGET", help="Its name or ARN.")]
TemplateArgument = Annotated[str, typer.Argument(metavar="TEMPLATE", help="Its name or ARN.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Its name or ARN.")]


def every(asked: Any, kind: Kind, **request: Any) -> list[str]:
    """The ARNs of all of a kind, page by page; `request` narrows the list."""
    found: list[str] = []
    token = None
    while True:
        answer = asked.call(kind.list_, maxResults=100, **request, **({"nextToken": token} if token else {}))
        found += answer[kind.names]
        token = answer.get("nextToken")
        if not token:
            return found


def described(asked: Any, kind: Kind, arns: Sequence[str]) -> list[dict[str, Any]]:
    """Descriptions of many names, in their order; what went meanwhile is left out."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(arns), kind.at_once):
        told = asked.call(kind.describe, **{kind.names: list(arns[start : start + kind.at_once])})[kind.records]
        found += told.values() if isinstance(told, dict) else told
    return found


def called(asked: Any, kind: Kind, name: str) -> list[str]:
    """The ARNs of those of a kind that have this name."""
    return [str(one["arn"]) for one in described(asked, kind, every(asked, kind)) if one["name"] == name]


def named(asked: Any, kind: Kind, text: str) -> str:
    """The ARN of what is given by ARN or by name; a usage error where the name is nobody's or several's."""
    if text.startswith("arn:"):
        return text
    found = called(asked, kind, text)
    if not found:
        raise typer.BadParameter(f"no {kind.word} is called {text!r}: see `shindan {_SHOWN_BY[kind.word]} list`")
    if len(found) > 1:
        raise typer.BadParameter(
            f"{len(found)} {kind.word}s are called {text!r}, name one by its ARN: {', '.join(found)}"
        )
    return found[0]


def key_values(pairs: Sequence[tuple[str, str | None]]) -> list[dict[str, str]]:
    """Pairs as the API writes tags and attributes; a key alone has no value."""
    return [{"key": key} if value is None else {"key": key, "value": value} for key, value in pairs]
