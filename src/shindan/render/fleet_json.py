"""A fleet as JSON, schema `shindan-fleet/1`: every host is a whole `shindan-result/1` with its id before it.

One host after the other, and within it one finding a line, so that neither writer nor reader needs all of it at once.
"""

from __future__ import annotations

import io
import json
from typing import Any

from shindan.model.fleet import Fleet, RuleCounts
from shindan.render import to_json
from shindan.render.identity import clean
from shindan.render.look import Look, Writer

SCHEMA = "shindan-fleet/1"


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`."""
    head = {
        "schema": SCHEMA,
        "tool": {"name": "shindan", "version": fleet.tool_version},
        "kind": fleet.kind,
        "name": clean(fleet.name),
        "arn": fleet.arn or None,
        "account": fleet.account,
        "region": fleet.region,
        "generated_at": fleet.generated_at,
        "notes": [clean(note) for note in fleet.notes],
        "rules": [_rule(one) for one in fleet.rules],
    }
    stream.write(f'{json.dumps(head)[:-1]},\n"hosts": [')
    for number, host in enumerate(fleet.hosts()):
        about: dict[str, Any] = {"id": clean(host.id), "tags": {clean(k): v and clean(v) for k, v in host.tags}}
        stream.write(",\n" if number else "\n")
        stream.write(f'{json.dumps(about)[:-1]}, "result": ')
        held = io.StringIO()
        to_json.write(host.result, held, Look())
        stream.write(held.getvalue().rstrip("\n"))
        stream.write("}")
    stream.write("\n]}\n")


def _rule(one: RuleCounts) -> dict[str, Any]:
    return {
        "rules_package": one.package,
        "benchmark": one.benchmark or None,
        "rule": clean(one.rule),
        "title": clean(one.title),
        **one.counts._asdict(),
    }
