"""A fleet as one OpenVEX 0.2.0 document: a statement is about one host, whose packages are its subcomponents."""

from __future__ import annotations

import json

from shindan.model.fleet import Fleet
from shindan.render.identity import clean, stable_id
from shindan.render.look import Writer
from shindan.render.to_openvex import CONTEXT, statements_of, tooling
from shindan.render.vex import of_rules


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`. What it leaves out is counted while the hosts go by, and said behind them."""
    head = {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{stable_id('openvex', fleet.arn or fleet.account, fleet.generated_at)}",
        "author": "Shindan",
        "role": "scanner",
        "timestamp": fleet.generated_at,
        "version": 1,
    }
    stream.write(f'{json.dumps(head)[:-1]},\n"statements": [')
    first, rules = True, 0
    for host in fleet.hosts():
        rules += of_rules(host.result)
        product = {"@id": f"urn:shindan:host:{clean(host.id)}"}
        for statement in statements_of(host.result):
            parts = [{"@id": one["@id"], "identifiers": one["identifiers"]} for one in statement["products"]]
            stream.write("\n" if first else ",\n")
            stream.write(json.dumps({**statement, "products": [{**product, "subcomponents": parts}]}))
            first = False
    stream.write(f'\n],\n"tooling": {json.dumps(tooling(fleet.tool_version, rules))}}}\n')
