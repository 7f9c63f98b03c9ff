"""What commands ask the API again and again: all pages of a list, descriptions by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import typer

_MEMBERS = {
    "DescribeAssessmentTargets": "assessmentTargetArns",
    "DescribeAssessmentTemplates": "assessmentTemplateArns",
    "DescribeAssessmentRuns": "assessmentRunArns",
    "DescribeResourceGroups": "resourceGroupArns",
    "DescribeFindings": "findingArns",
    "DescribeRulesPackages": "rulesPackageArns",
}
_AT_ONCE = 10


def every(asked: Any, operation: str, member: str, **request: Any) -> list[Any]:
    """All items of a list, page by page."""
    found: list[Any] = []
    token = None
    while True:
        answer = asked.call(operation, maxResults=100, **request, **({"nextToken": token} if token else {}))
        found += answer[member]
        token = answer.get("nextToken")
        if not token:
            return found


def numbered(asked: Any, operation: str, member: str, arns: Sequence[str]) -> list[dict[str, Any]]:
    """Descriptions of many names, in their order; what went meanwhile is left out."""
    at_once = 100 if operation == "DescribeFindings" else _AT_ONCE
    found: list[dict[str, Any]] = []
    for start in range(0, len(arns), at_once):
        found += asked.call(operation, **{_MEMBERS[operation]: list(arns[start : start + at_once])})[member]
    return found


def named(asked: Any, text: str, what: str, operation: str, member: str, all_: Callable[[Any], Sequence[str]]) -> str:
    """The ARN of what is given by ARN or by name; a usage error where the name is nobody's or several's."""
    if text.startswith("arn:"):
        return text
    found = [one["arn"] for one in numbered(asked, operation, member, all_(asked)) if one["name"] == text]
    if len(found) != 1:
        several = f": {', '.join(found)}" if found else ""
        raise typer.BadParameter(f"{len(found) or 'no'} {what}s are called {text!r}{several}")
    return str(found[0])
