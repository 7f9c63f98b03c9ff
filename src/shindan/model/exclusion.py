"""What could not be judged in a run, why, and how to mend it. The titles are the API's (specification, section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from shindan.model.assessment import Pairs

ScopeKey = Literal["INSTANCE_ID", "RULES_PACKAGE_ARN"]
Scopes = tuple[tuple[ScopeKey, str], ...]


class Reason(NamedTuple):
    """What an exclusion of one code says. `detail` of an exclusion is put behind the description."""

    title: str
    description: str
    recommendation: str


REASONS: dict[str, Reason] = {
    "NO_INSTANCES": Reason(
        "No instances in target",
        "No host carries a tag that the target asks for, so there was nothing to assess.",
        "Compare the tags of your hosts with those of the target's resource group.",
    ),
    "AGENT_ALREADY_RUNNING": Reason(
        "Agent is already running",
        "The host takes part in another run that has not ended.",
        "Wait for that run to end, or stop it.",
    ),
    "AGENT_NOT_FOUND": Reason(
        "Agent not found",
        "Nothing was ever handed in for this host: no agent is known on it.",
        "Install the agent, or hand in facts with `shindan hosts submit`.",
    ),
    "AGENT_UNHEALTHY": Reason(
        "Agent is unhealthy",
        "The host delivered nothing during the run, and what it delivered before is too old to be judged as new.",
        "Look at the agent on the host, or hand in fresh facts with `shindan hosts submit`.",
    ),
    "UNSUPPORTED_OS": Reason(
        "Unsupported OS version",
        "No advisories at hand speak for the host's release, so its packages could not be judged.",
        "Run `shindan feeds update`; where no feed knows the release, take the host out of the target.",
    ),
    "DEPRECATED_PACKAGE": Reason(
        "Deprecated rules package",
        "The template names a rules package that is not evaluated any more.",
        "Create a template without it.",
    ),
    "PACKAGE_NOT_SUPPORTED_BY_OS": Reason(
        "Rules package not supported by OS",
        "The rules package has no rules for this host's system.",
        "Use a template without it, or take the host out of the target.",
    ),
    "NOT_AVAILABLE_YET": Reason(
        "Rules package not supported by OS",
        "This version of Shindan has no rules of this package yet, so nothing of it was judged.",
        "Use a template without it, or upgrade Shindan when it brings them.",
    ),
    "NOT_OBSERVED": Reason(
        "Rules evaluation error for single instance",
        "A part of the host could not be looked at, so what is there was not judged.",
        "Mend what kept the collector from looking, and assess the host again.",
    ),
    "NOT_LOOKED_AT": Reason(
        "Rules evaluation error for single instance",
        "Facts that rules of this package need are not among what the host delivered, so those rules were not judged.",
        "Collect with the newest agent, or with `shindan collect --kinds all`, for as long as the package needs, and "
        "assess the host again.",
    ),
    "WINDOW_TOO_SHORT": Reason(
        "Rules evaluation error for single instance",
        "The run was too short for a rule that has to watch for longer, so that rule was not judged.",
        "Use a template with a longer duration where the rule matters.",
    ),
    "NOT_JUDGED": Reason(
        "Rules evaluation error for single instance",
        "No advisories at hand speak for some of the host's packages, so those were not judged.",
        "Keep an eye on these packages at their own source; feeds may be added with `shindan feeds import`.",
    ),
    "EVALUATION_ERROR_INSTANCE": Reason(
        "Rules evaluation error for single instance",
        "Evaluating this host failed.",
        "Assess it again; if it fails again, report what the detail says.",
    ),
    "EVALUATION_ERROR": Reason(
        "Rules evaluation error",
        "Evaluating this rules package failed for the whole run.",
        "Start the run again; if it fails again, report what the detail says.",
    ),
}
"""By code. Codes that the specification does not know are ours, under the nearest of its titles."""

NOTES = frozenset({"NOT_JUDGED", "WINDOW_TOO_SHORT"})
"""Codes that tell a limit without making an error of the run: some packages of a host are always somebody else's, and
how long a run watches was somebody's choice.
"""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One exclusion; `arn` is "" in a preview. `code` and `detail` are ours and stand among the attributes, too."""

    code: str
    scopes: Scopes
    detail: str = ""
    arn: str = ""

    @property
    def title(self) -> str:
        """The API's title."""
        return REASONS[self.code].title

    @property
    def description(self) -> str:
        """What happened, with the detail."""
        text = REASONS[self.code].description
        return f"{text} {self.detail}" if self.detail else text

    @property
    def recommendation(self) -> str:
        """How to mend it."""
        return REASONS[self.code].recommendation

    @property
    def attributes(self) -> Pairs:
        """The code as an attribute, for whoever reads with a program."""
        return (("CODE", self.code),)
