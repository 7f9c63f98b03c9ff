"""A fleet as one SARIF 2.1.0 log: a run of the log (section 3.14) for each host, in the form of `to_sarif`."""

from __future__ import annotations

import json

from shindan.model.fleet import Fleet
from shindan.render.look import Writer
from shindan.render.to_sarif import SCHEMA, run_of


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`. Each host's findings are told apart by its id, which is part of the run's own."""
    stream.write(f'{{"$schema": {json.dumps(SCHEMA)}, "version": "2.1.0", "runs": [')
    for number, host in enumerate(fleet.hosts()):
        run = run_of(host.result)
        run["automationDetails"]["id"] += f"{host.id}/"
        stream.write(",\n" if number else "\n")
        stream.write(json.dumps(run))
    stream.write("\n]}\n")
