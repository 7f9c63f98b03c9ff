"""What could not be judged in a run, why, and how to mend it. The titles are the API's (specification, section 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from shindan.model.assessment import Pairs
from shindan.model.marking import N_

ScopeKey = Literal["INSTANCE_ID", "RULES_PACKAGE_ARN"]
Scopes = tuple[tuple[ScopeKey, str], ...]


class Reason(NamedTuple):
    """What an exclusion of one code says. `detail` of an exclusion is put behind the description."""

    title: str
    description: str
    recommendation: str


REASONS: dict[str, Reason] = {
    "NO_INSTANCES": Reason(
        N_("No instances in target"),
        N_("No host carries a tag that the target asks for, so there was nothing to assess."),
        N_("Compare the tags of your hosts with those of the target's resource group."),
    ),
    "AGENT_ALREADY_RUNNING": Reason(
        N_("Agent is already running"),
        N_("The host takes part in another run that has not ended."),
        N_("Wait for that run to end, or stop it."),
    ),
    "AGENT_NOT_FOUND": Reason(
        N_("Agent not found"),
        N_("Nothing was ever handed in for this host: no agent is known on it."),
        N_("Install the agent, or hand in facts with `shindan hosts submit`."),
    ),
    "AGENT_UNHEALTHY": Reason(
        N_("Agent is unhealthy"),
        N_("The host delivered nothing during the run, and what it delivered before is too old to be judged as new."),
        N_("Look at the agent on the host, or hand in fresh facts with `shindan hosts submit`."),
    ),
    "UNSUPPORTED_OS": Reason(
        N_("Unsupported OS version"),
        N_("No advisories at hand speak for the host's release, so its packages could not be judged."),
        N_("Run `shindan feeds update`; where no feed knows the release, take the host out of the target."),
    ),
    "DEPRECATED_PACKAGE": Reason(
        N_("Deprecated rules package"),
        N_("The template names a rules package that is not evaluated any more."),
        N_("Create a template without it."),
    ),
    "PACKAGE_NOT_SUPPORTED_BY_OS": Reason(
        N_("Rules package not supported by OS"),
        N_("The rules package has no rules for this host's system."),
        N_("Use a template without it, or take the host out of the target."),
    ),
    "NOT_AVAILABLE_YET": Reason(
        N_("Rules package not supported by OS"),
        N_("This version of Shindan has no rules of this package yet, so nothing of it was judged."),
        N_("Use a template without it, or upgrade Shindan when it brings them."),
    ),
    "NOT_OBSERVED": Reason(
        N_("Rules evaluation error for single instance"),
        N_("A part of the host could not be looked at, so what is there was not judged."),
        N_("Mend what kept the collector from looking, and assess the host again."),
    ),
    "NOT_LOOKED_AT": Reason(
        N_("Rules evaluation error for single instance"),
        N_(
            "Facts that rules of this package need are not among what the host delivered, so those rules were not "
            "judged."
        ),
        N_(
            "Collect with the newest agent, or with `shindan collect --kinds all`, for as long as the package needs, "
            "and assess the host again."
        ),
    ),
    "NETWORK_NOT_READ": Reason(
        N_("Network Reachability error – internet"),
        N_("The cloud did not tell how this instance is connected, so nothing is known of who reaches it."),
        N_("Look at the registered role and its rights, or install the agent, and assess the instance again."),
    ),
    "WINDOW_TOO_SHORT": Reason(
        N_("Rules evaluation error for single instance"),
        N_("The run was too short for a rule that has to watch for longer, so that rule was not judged."),
        N_("Use a template with a longer duration where the rule matters."),
    ),
    "NOT_JUDGED": Reason(
        N_("Rules evaluation error for single instance"),
        N_("No advisories at hand speak for some of the host's packages, so those were not judged."),
        N_("Keep an eye on these packages at their own source; feeds may be added with `shindan feeds import`."),
    ),
    "EVALUATION_ERROR_INSTANCE": Reason(
        N_("Rules evaluation error for single instance"),
        N_("Evaluating this host failed."),
        N_("Assess it again; if it fails again, report what the detail says."),
    ),
    "EVALUATION_ERROR": Reason(
        N_("Rules evaluation error"),
        N_("Evaluating this rules package failed for the whole run."),
        N_("Start the run again; if it fails again, report what the detail says."),
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
