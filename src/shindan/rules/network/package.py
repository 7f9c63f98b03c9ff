"""The package: what can be reached on a host through its own packet filter, from the zones that an operator names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shindan.model.cloud_network import INTERFACES, CloudNetwork
from shindan.model.outcome import Evidence, Outcome
from shindan.model.packages import PackageName, package
from shindan.rules.base import Parameters, Wants
from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined
from shindan.rules.network.aws import Around, around
from shindan.rules.network.listening import Listener, listeners_of
from shindan.rules.network.loaded import ruleset_of
from shindan.rules.network.outcomes import outcomes
from shindan.rules.network.own_addresses import network_of
from shindan.rules.network.reach import ways
from shindan.rules.network.rules import EXPOSURE, FORMS, NO_AGENT, RULES
from shindan.rules.network.ruleset import Ruleset
from shindan.rules.network.zones import Zones, defaults, parsed
from shindan.rules.runtime.window import listeners
from shindan.rules.tailored import cloud_of, has_agent, zones_of

SECONDS = 30
"""How long agents look at what listens: what restarts is seen, too."""


@dataclass(frozen=True, slots=True)
class NetworkPackage:
    """See `rules.base.HostPackage`. `zones` are an operator's; None for those that hold without."""

    zones: Zones | None = None
    name: PackageName = "network"

    @property
    def version(self) -> str:
        """See `HostPackage.version`."""
        return package(self.name).version

    @property
    def wants(self) -> Wants:
        """See `HostPackage.wants`."""
        return Wants(("firewall", "interface", "route"), ("listener",), SECONDS)

    def evaluate(self, host: Examined, parameters: Parameters) -> Iterator[Outcome]:
        """See `HostPackage.evaluate`. Parameters are zones alone. A type without a finding has one other outcome."""
        own = zones_of(parameters)
        cloud, instance = cloud_of(parameters)
        seen = around(cloud, instance) if cloud is not None else None
        zones = seen.zones if seen else self.zones or (parsed(own) if own else defaults())
        no_agent = False
        try:
            rules, network = ruleset_of(host), network_of(host)
        except CannotTell as error:
            if seen is None or error.verdict != "unknown" or has_agent(parameters):
                yield from (Outcome(RULES[one.type], error.verdict, reason=error.reason) for one in FORMS)
                return
            # Nobody looks from within: what the cloud lets through is all that there is to say. An agent that could
            # not look is another matter, as it was in the original (section 4.7): its host is not told to be open.
            rules, network, no_agent = Ruleset({}, ()), seen.network, True
        heard, refused = (None, None) if no_agent else _heard(host)
        refused = refused or _unread(cloud, seen)
        found = list(outcomes(ways(rules, network, zones), heard, zones, no_agent=no_agent))
        yield from found
        said = {one.rule.id for one in found}
        for form in (NO_AGENT, EXPOSURE) if no_agent else FORMS:
            if RULES[form.type].id not in said:
                yield _nothing(form.type, refused if form is not EXPOSURE else None)
            elif refused and form is not EXPOSURE:
                yield Outcome(RULES[form.type], refused.verdict, reason=refused.reason)


def _heard(host: Examined) -> tuple[list[Listener] | None, CannotTell | None]:
    """The listeners, or why nobody knows them; both where some of them may be missing."""
    try:
        found = list(listeners_of(listeners(host)))
    except CannotTell as error:
        return None, error
    gap = host.gap("listener")
    return found, CannotTell("error", gap) if gap else None


def _unread(cloud: CloudNetwork | None, seen: Around | None) -> CannotTell | None:
    """What of the cloud nobody could read: what is not found may be there."""
    if cloud is None or not cloud.refused or (seen is None and cloud.refused[0][0] != INTERFACES):
        return None
    told = "; ".join(f"{operation} ({why})" for operation, why in cloud.refused)
    return CannotTell("error", f"parts of the cloud's networks could not be read: {told}")


def _nothing(type_: str, refused: CannotTell | None) -> Outcome:
    if refused is not None:
        return Outcome(RULES[type_], refused.verdict, reason=refused.reason)
    return Outcome(RULES[type_], "pass", evidence=(Evidence("the host's ports", "no such port is reachable", "none"),))


PACKAGE = NetworkPackage()
