"""The rules of the package by RULE_TYPE, and how findings are called (specification, section 5.6)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

from shindan.model.rule import Rule


class Form(NamedTuple):
    """A RULE_TYPE of the API: its literal id of a finding, and its title; `{agent}` is left for whoever shows it."""

    type: str
    id: str
    finding: str


WITH_LISTENER = Form(
    "RecognizedPortWithListener",
    "Recognized port with listener reachable from {zone}",
    "On instance {{agent}}, process '{process}' is listening on {protocol} port {port} which is associated with "
    "'{service}' and is reachable from {zone}",
)
NO_LISTENER = Form(
    "RecognizedPortNoListener",
    "Recognized port with no listener reachable from {zone}",
    "On instance {{agent}}, {protocol} port {port} which is associated with '{service}' is reachable from {zone}",
)
UNRECOGNISED = Form(
    "UnrecognizedPortWithListener",
    "Unrecognized port with listener reachable from {zone}",
    "On instance {{agent}}, process '{process}' is listening on {protocol} port {port} which is reachable from {zone}",
)
EXPOSURE = Form(
    "NetworkExposure",
    "Network exposure from {zone_long}",
    "Aggregate network exposure: On instance {{agent}}, ports are reachable from {zone}",
)
NO_AGENT = Form(
    "RecognizedPortNoAgent",
    "Recognized port reachable from {zone}",
    "On instance {{agent}}, {protocol} port {port} which is associated with '{service}' is reachable from {zone}",
)
FORMS = (WITH_LISTENER, NO_LISTENER, UNRECOGNISED, EXPOSURE)

_CLOSE = "Close the port in the packet filter, admit the networks alone that need it, or bind the program to loopback."
RULES: Mapping[str, Rule] = {
    WITH_LISTENER.type: Rule(
        "network-recognised-port-with-listener",
        "No well-known service can be reached from elsewhere",
        "Medium",
        "The host's own packet filter lets connections through to a program that answers on a well-known port.",
        _CLOSE,
    ),
    NO_LISTENER.type: Rule(
        "network-recognised-port-no-listener",
        "No well-known port is open without need",
        "Informational",
        "The packet filter lets connections through to a well-known port on which nobody listens: whatever starts to "
        "listen there can be reached at once.",
        "Close the port in the packet filter.",
    ),
    NO_AGENT.type: Rule(
        "network-recognised-port-no-agent",
        "No well-known port of an instance without an agent can be reached from elsewhere",
        "Medium",
        "Everything before the instance lets connections through to a well-known port; whether a program answers there "
        "is not known, for nobody looks from within.",
        "Edit the security group so that the port is closed, or admits the networks alone that need it.",
    ),
    UNRECOGNISED.type: Rule(
        "network-unrecognised-port-with-listener",
        "No other port on which a program listens can be reached from elsewhere",
        "Low",
        "The packet filter lets connections through to a program that listens on a port of no well-known service.",
        _CLOSE,
    ),
    EXPOSURE.type: Rule(
        "network-exposure",
        "No ports can be reached from elsewhere",
        "Informational",
        "All ports together to which the packet filter lets connections through, whether anybody listens or not.",
        "Let the packet filter drop by default, and open the ports that are needed.",
    ),
}

_EDIT = "Edit the security group so that the port is closed, or admits the networks alone that need it."
IN_CLOUD: Mapping[str, Rule] = {
    **{name: dataclasses.replace(rule, remedy=_EDIT) for name, rule in RULES.items()},
    EXPOSURE.type: dataclasses.replace(
        RULES[EXPOSURE.type],
        why="All ports together to which everything before and on the instance lets connections through on this way, "
        "whether anybody listens or not.",
        remedy="Edit the security group so that it admits the ports alone that are needed.",
    ),
}
"""The same of what a cloud tells of: it is mended there."""
