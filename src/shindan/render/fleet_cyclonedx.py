"""A fleet as one CycloneDX 1.6 bill of materials with VEX: hosts are components, with their affected packages inside.

The whole inventory of a host is not part of what a run keeps as findings, so packages without a flaw are not listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shindan.model.fleet import Fleet, FleetHost
from shindan.render.identity import clean, stable_id
from shindan.render.look import Writer
from shindan.render.to_cyclonedx import components_of, refs_of, vulnerabilities_of
from shindan.render.vex import left_out, of_rules

_ROOT = "fleet"


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`. The hosts are read twice: components stand before what affects them."""
    head = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{stable_id('cyclonedx', fleet.arn or fleet.account, fleet.generated_at)}",
        "version": 1,
        "metadata": _metadata(fleet),
    }
    stream.write(f"{json.dumps(head)[:-1]}")
    refs: list[str] = []
    rules: list[int] = []
    _array("components", (_component(host, refs, rules) for host in fleet.hosts()), stream)
    _array("dependencies", iter([{"ref": _ROOT, "dependsOn": refs}]), stream)
    _array("vulnerabilities", (one for host in fleet.hosts() for one in _vulnerabilities(host)), stream)
    if told := left_out(sum(rules)):
        _array("properties", iter([{"name": "shindan:ledger", "value": told}]), stream)
    stream.write("}\n")


def _array(name: str, items: Iterator[dict[str, Any]], stream: Writer) -> None:
    stream.write(f',\n"{name}": [')
    for number, one in enumerate(items):
        stream.write(",\n" if number else "\n")
        stream.write(json.dumps(one))
    stream.write("\n]")


def _metadata(fleet: Fleet) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "timestamp": fleet.generated_at,
        "tools": {"components": [{"type": "application", "name": "shindan", "version": fleet.tool_version}]},
        "component": {"type": "platform", "bom-ref": _ROOT, "name": clean(fleet.name)},
    }
    if fleet.notes:
        metadata["properties"] = [{"name": "shindan:ledger", "value": clean(note)} for note in fleet.notes]
    return metadata


def _inside(host: FleetHost) -> str:
    return f"{clean(host.id)}/"


def _component(host: FleetHost, named: list[str], rules: list[int]) -> dict[str, Any]:
    """A host with its packages; its own reference is added to those that are named, and to `rules` how many of its
    findings are left out.
    """
    named.append(f"host {clean(host.id)}")
    rules.append(of_rules(host.result))
    refs = refs_of(host.result, _inside(host))
    ledger = host.result.ledger
    notes = [f"not judged: {one.packages} packages, {one.text}" for one in ledger.not_judged]
    notes += [f"could not look: {about}: {reason}" for about, reason in ledger.gaps]
    notes += filter(None, [left_out(rules[-1])])
    component: dict[str, Any] = {
        "type": "device",
        "bom-ref": named[-1],
        "name": clean(host.result.host.hostname),
        "components": list(components_of(host.result, refs, _inside(host))),
    }
    if notes:
        component["properties"] = [{"name": "shindan:ledger", "value": clean(note)} for note in notes]
    return component


def _vulnerabilities(host: FleetHost) -> list[dict[str, Any]]:
    return vulnerabilities_of(host.result, refs_of(host.result, _inside(host)), _inside(host))
