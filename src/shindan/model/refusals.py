"""Why the service refuses a request: one class for each exception of the API, with its `errorCode`.

The API's door turns them into answers; other doors show the message. Names, codes and members are the API's own.
"""

from __future__ import annotations

from typing import ClassVar

from shindan.model.errors import ShindanError


class Refusal(ShindanError):
    """The request was refused."""

    type: ClassVar[str] = "InternalException"
    can_retry: ClassVar[bool] = False

    def members(self) -> dict[str, object]:
        """The modelled members of the answer beside `message`."""
        return {"canRetry": self.can_retry}


class CodedRefusal(Refusal):
    """A refusal with one of the API's error codes.

    `at` names the member of what was written that is wrong (`cron`, `address`), where one is: forms show it there.
    """

    def __init__(self, code: str, message: str, *, at: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.at = at

    def members(self) -> dict[str, object]:
        """See `Refusal.members`."""
        return {"errorCode": self.code, "canRetry": self.can_retry}


class InvalidInput(CodedRefusal):
    """A part of the request is malformed, out of bounds, or taken already."""

    type = "InvalidInputException"


class AccessDenied(CodedRefusal):
    """The resource belongs to another account, or a policy forbids the action."""

    type = "AccessDeniedException"


class NoSuchEntity(CodedRefusal):
    """The request names something that does not exist."""

    type = "NoSuchEntityException"


class LimitExceeded(CodedRefusal):
    """A quota of the account would be exceeded."""

    type = "LimitExceededException"


class InvalidRole(CodedRefusal):
    """The registered role cannot be used."""

    type = "InvalidCrossAccountRoleException"


class RunInProgress(Refusal):
    """A run has not ended yet; at most ten are named."""

    type = "AssessmentRunInProgressException"
    can_retry = True

    def __init__(self, runs: list[str]) -> None:
        told = f", such as {runs[0]}" if runs else ""
        super().__init__("an assessment run has not ended yet", remedy=f"wait for it, or stop it{told}")
        self.runs = runs

    def members(self) -> dict[str, object]:
        """See `Refusal.members`."""
        return {
            "assessmentRunArns": self.runs[:10],
            "assessmentRunArnsTruncated": len(self.runs) > 10,
            "canRetry": self.can_retry,
        }


class AgentsAlreadyRunning(Refusal):
    """Hosts of the target take part in another run; at most ten (host, run) pairs are named."""

    type = "AgentsAlreadyRunningAssessmentException"
    can_retry = True

    def __init__(self, agents: list[tuple[str, str]]) -> None:
        super().__init__("hosts of the target take part in another run")
        self.agents = agents

    def members(self) -> dict[str, object]:
        """See `Refusal.members`."""
        return {
            "agents": [{"agentId": host, "assessmentRunArn": run} for host, run in self.agents[:10]],
            "agentsTruncated": len(self.agents) > 10,
            "canRetry": self.can_retry,
        }


class PreviewInProgress(Refusal):
    """A preview of this template is being made."""

    type = "PreviewGenerationInProgressException"

    def members(self) -> dict[str, object]:
        """See `Refusal.members`."""
        return {}


class UnsupportedFeature(Refusal):
    """This run cannot have what was asked for."""

    type = "UnsupportedFeatureException"


class TemporarilyUnavailable(Refusal):
    """The service cannot answer now; try again."""

    type = "ServiceTemporarilyUnavailableException"
    can_retry = True
