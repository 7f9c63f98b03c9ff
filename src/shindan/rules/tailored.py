"""What of rules is wanted otherwise on a host: values, severities, and rules that are switched off.

It is given where packages take parameters; what is switched off has an outcome that says so, by whom and until when.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from shindan.model.cloud_network import CloudNetwork
from shindan.model.outcome import Outcome
from shindan.model.severity import Severity
from shindan.rules.base import HostPackage, Parameters
from shindan.rules.examined import Examined

SWITCHED_OFF = "switched off: "
"""How the reason of an outcome begins that tailoring switched off."""

_NONE: Mapping[str, Any] = MappingProxyType({})


class Tailored(dict[str, Mapping[str, Any]]):
    """Parameters by rule id, and beside them `off` (why) and `severities`, by rule id or control (`debian-12 5.1.20`).

    `zones` is an operator's own file of zones (TOML), "" for those that ship; `cloud` what the cloud of an `instance`
    says of its networks, which goes before zones; `agent` whether it has an agent, which would look from within.
    `state` tells one tailoring from another: what it judges otherwise.
    """

    def __init__(
        self,
        parameters: Parameters = _NONE,
        off: Mapping[str, str] = _NONE,
        severities: Mapping[str, Severity] = _NONE,
        zones: str = "",
        cloud: CloudNetwork | None = None,
        instance: str = "",
        *,
        agent: bool = False,
    ) -> None:
        super().__init__(parameters)
        self.off = dict(off)
        self.severities = dict(severities)
        self.zones = zones
        self.cloud, self.instance, self.agent = cloud, instance, agent

    def __bool__(self) -> bool:
        """Whether anything is wanted otherwise, or known beside the facts."""
        return bool(len(self) or self.off or self.severities or self.zones or self.cloud is not None)

    @property
    def state(self) -> str:
        """The same for the same tailoring; "" for none."""
        parts = (self, self.off, self.severities)
        told = [str(sorted(part.items())) for part in parts] + [self.zones]
        return " ".join(told) if any(parts) or self.zones else ""


def off_of(parameters: Parameters) -> Mapping[str, str]:
    """What is switched off, and why."""
    return parameters.off if isinstance(parameters, Tailored) else _NONE


def zones_of(parameters: Parameters) -> str:
    """An operator's own file of zones; "" for none."""
    return parameters.zones if isinstance(parameters, Tailored) else ""


def cloud_of(parameters: Parameters) -> tuple[CloudNetwork | None, str]:
    """What a cloud says, and how it calls the host; None where no cloud was asked."""
    return (parameters.cloud, parameters.instance) if isinstance(parameters, Tailored) else (None, "")


def has_agent(parameters: Parameters) -> bool:
    """Whether an agent is known on the instance that a cloud tells of."""
    return isinstance(parameters, Tailored) and parameters.agent


def seen_from(cloud: CloudNetwork, instance: str, parameters: Parameters, *, agent: bool = False) -> Tailored:
    """The same, of an instance whose cloud was asked; `agent`: there is one on it."""
    known = parameters if isinstance(parameters, Tailored) else Tailored(parameters)
    return Tailored(known, known.off, known.severities, known.zones, cloud, instance, agent=agent)


def asked_for(scap: Mapping[str, Any], parameters: Parameters) -> Tailored:
    """The same, where a run names SCAP content: what was evaluated on the host must be just that."""
    known = parameters if isinstance(parameters, Tailored) else Tailored(parameters)
    told = known.off, known.severities, known.zones, known.cloud, known.instance
    return Tailored({**known, "scap": scap}, *told, agent=known.agent)


def evaluated(package: HostPackage, host: Examined, parameters: Parameters) -> Iterator[Outcome]:
    """The outcomes of a package on a host; rules that are switched off say so, severities are those that are wanted."""
    if not isinstance(parameters, Tailored) or not (parameters.off or parameters.severities):
        yield from package.evaluate(host, parameters)
        return
    told: set[str] = set()  # several findings of one rule (ports) are off together
    for one in package.evaluate(host, parameters):
        names = (*one.controls, one.rule.id)
        why = next((parameters.off[name] for name in names if name in parameters.off), None)
        if why is None:
            yield _with_severity(one, parameters.severities, names)
        elif one.rule.id not in told or one.controls:
            told.add(one.rule.id)
            yield Outcome(one.rule, "not_applicable", reason=SWITCHED_OFF + why, controls=one.controls)


def _with_severity(one: Outcome, wanted: Mapping[str, Severity], names: tuple[str, ...]) -> Outcome:
    word = next((wanted[name] for name in names if name in wanted), None)
    if word is None or word == one.rule.severity:
        return one
    return dataclasses.replace(one, rule=dataclasses.replace(one.rule, severity=word))
