"""What can be wrong with a value, and which of the API's 54 error codes says so.

The model gives the codes but not which fault has which; the table below is the specification's recommendation
(section 2.7). Where no code fits, the nearest is taken: the messages say what is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

from shindan.api.errors import FrontError
from shindan.model.refusals import InvalidInput

FaultKind = Literal["type", "required", "min", "max", "enum", "pattern", "unknown"]
"""`type`: another JSON type than modelled. `unknown`: a member that the model lacks; told in answers only."""


class Fault(NamedTuple):
    """One thing that is wrong: where (names of members, positions in lists), what kind, of which shape, in words."""

    path: tuple[str | int, ...]
    kind: FaultKind
    shape: str
    detail: str

    def below(self, part: str | int) -> Self:
        """The same fault seen from one level further out."""
        return self._replace(path=(part, *self.path))

    @property
    def place(self) -> str:
        """The path as people read it: `filter.agentIds[3]`."""
        parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return "".join(parts).lstrip(".") or "the request"

    def __str__(self) -> str:
        return f"{self.place} {self.detail}"


class _Codes(NamedTuple):
    """Codes of one member: for itself (of a list: its length), for an element, for an element's key and value."""

    itself: str
    element: str = ""
    key: str = ""
    value: str = ""


def _list(plural: str, element: str) -> _Codes:
    return _Codes(f"INVALID_NUMBER_OF_{plural}", f"INVALID_{element}")


def _pairs(word: str, element: str) -> _Codes:
    return _Codes(f"INVALID_NUMBER_OF_{word}S", element, f"INVALID_{word}_KEY", f"INVALID_{word}_VALUE")


_USER_ATTRIBUTES = _pairs("USER_ATTRIBUTE", "INVALID_USER_ATTRIBUTE")
_AGENT_IDS = _list("AGENT_IDS", "AGENT_ID")

_MEMBERS: dict[str, _Codes] = {
    # names of resources
    "assessmentTargetArn": _Codes("INVALID_ASSESSMENT_TARGET_ARN"),
    "assessmentTemplateArn": _Codes("INVALID_ASSESSMENT_TEMPLATE_ARN"),
    "assessmentRunArn": _Codes("INVALID_ASSESSMENT_RUN_ARN"),
    "resourceGroupArn": _Codes("INVALID_RESOURCE_GROUP_ARN"),
    "resourceArn": _Codes("INVALID_RESOURCE_ARN"),
    "previewAgentsArn": _Codes("INVALID_ASSESSMENT_TARGET_ARN"),
    "topicArn": _Codes("INVALID_SNS_TOPIC_ARN"),
    "roleArn": _Codes("INVALID_IAM_ROLE_ARN"),
    "assessmentTargetArns": _list("ASSESSMENT_TARGET_ARNS", "ASSESSMENT_TARGET_ARN"),
    "assessmentTemplateArns": _list("ASSESSMENT_TEMPLATE_ARNS", "ASSESSMENT_TEMPLATE_ARN"),
    "assessmentRunArns": _list("ASSESSMENT_RUN_ARNS", "ASSESSMENT_RUN_ARN"),
    "findingArns": _list("FINDING_ARNS", "FINDING_ARN"),
    "resourceGroupArns": _list("RESOURCE_GROUP_ARNS", "RESOURCE_GROUP_ARN"),
    "rulesPackageArns": _list("RULES_PACKAGE_ARNS", "RULES_PACKAGE_ARN"),
    "exclusionArns": _list("ASSESSMENT_RUN_ARNS", "RESOURCE_ARN"),  # no codes of their own
    # names that people give, and lengths of time
    "assessmentTargetName": _Codes("INVALID_ASSESSMENT_TARGET_NAME"),
    "assessmentTemplateName": _Codes("INVALID_ASSESSMENT_TEMPLATE_NAME"),
    "assessmentRunName": _Codes("INVALID_ASSESSMENT_TEMPLATE_NAME"),
    "durationInSeconds": _Codes("INVALID_ASSESSMENT_TEMPLATE_DURATION"),
    # keys and values
    "tags": _pairs("TAG", "INVALID_TAG"),
    "resourceGroupTags": _pairs("RESOURCE_GROUP_TAG", "INVALID_RESOURCE_GROUP_TAG_KEY"),
    "userAttributesForFindings": _USER_ATTRIBUTES,
    "attributeKeys": _Codes("INVALID_NUMBER_OF_USER_ATTRIBUTES", "INVALID_USER_ATTRIBUTE_KEY"),
    "attributes": _list("ATTRIBUTES", "ATTRIBUTE"),
    "userAttributes": _USER_ATTRIBUTES,
    # pages, words of the API
    "nextToken": _Codes("INVALID_PAGINATION_TOKEN"),
    "maxResults": _Codes("INVALID_MAX_RESULTS"),
    "event": _Codes("INVALID_EVENT"),
    "locale": _Codes("INVALID_LOCALE"),
    "reportFileFormat": _Codes("INVALID_ASSESSMENT_RUN_ARN"),  # no code of its own
    "reportType": _Codes("INVALID_ASSESSMENT_RUN_ARN"),  # no code of its own
    "stopAction": _Codes("INVALID_ASSESSMENT_RUN_ARN"),  # no code of its own
    "previewToken": _Codes("INVALID_ASSESSMENT_TEMPLATE_ARN"),  # no code of its own
    # filters
    "assessmentTargetNamePattern": _Codes("INVALID_ASSESSMENT_TARGET_NAME_PATTERN"),
    "namePattern": _Codes("INVALID_ASSESSMENT_TEMPLATE_NAME_PATTERN"),
    "durationRange": _Codes("INVALID_ASSESSMENT_TEMPLATE_DURATION_RANGE"),
    "startTimeRange": _Codes("INVALID_ASSESSMENT_RUN_START_TIME_RANGE"),
    "completionTimeRange": _Codes("INVALID_ASSESSMENT_RUN_COMPLETION_TIME_RANGE"),
    "stateChangeTimeRange": _Codes("INVALID_ASSESSMENT_RUN_STATE_CHANGE_TIME_RANGE"),
    "creationTimeRange": _Codes("INVALID_ASSESSMENT_RUN_COMPLETION_TIME_RANGE"),  # none; findings come as runs end
    "states": _list("ASSESSMENT_RUN_STATES", "ASSESSMENT_RUN_STATE"),
    "agentHealths": _AGENT_IDS,  # no code of their own
    "agentHealthCodes": _AGENT_IDS,  # no code of their own
    "agentIds": _AGENT_IDS,
    "autoScalingGroups": _list("AUTO_SCALING_GROUPS", "AUTO_SCALING_GROUP"),
    "ruleNames": _list("RULE_NAMES", "RULE_NAME"),
    "severities": _list("SEVERITIES", "SEVERITY"),
}

_OF_OPERATIONS: dict[tuple[str, str], _Codes] = {
    ("AddAttributesToFindings", "attributes"): _USER_ATTRIBUTES,
    ("ListAssessmentRuns", "durationRange"): _Codes("INVALID_ASSESSMENT_RUN_DURATION_RANGE"),
}

TABLE_CODES = frozenset(code for codes in (*_MEMBERS.values(), *_OF_OPERATIONS.values()) for code in codes if code)
"""Every code that some fault of a request's form has."""


def code_of(operation: str, path: Sequence[str | int]) -> str:
    """The code for a fault of this operation's request at `path` (`("filter", "agentIds", 3)`).

    Raises KeyError for a member that no request has.
    """
    names = [part for part in path if isinstance(part, str)]
    if names[0] == "filter":
        names = names[1:]
    codes = _OF_OPERATIONS.get((operation, names[0])) or _MEMBERS[names[0]]
    if names[-1] in ("key", "value") and (special := codes.key if names[-1] == "key" else codes.value):
        return special
    inside = any(isinstance(part, int) for part in path)
    return (inside and codes.element) or codes.itself


def refuse(operation: str, faults: Sequence[Fault]) -> None:
    """Raises for the first of these faults, if there is one.

    What is of another JSON type comes first, since such a request cannot even be read: SerializationException. For
    the rest InvalidInputException with its code.
    """
    if not faults:
        return
    for fault in faults:
        if fault.kind == "type":
            raise FrontError("SerializationException", str(fault))
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    raise InvalidInput(code_of(operation, faults[0].path), f"{faults[0]}{more}")
