"""A fleet as CSV: the columns of one host's (docs/result.md) behind the host's id, name and platform."""

from __future__ import annotations

import csv

from shindan.model.fleet import Fleet
from shindan.render.look import Writer
from shindan.render.to_csv import COLUMNS, inert

HOST_COLUMNS = ("host_id", "hostname", "platform")


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`."""
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([*HOST_COLUMNS, *(column.name for column in COLUMNS)])
    for host in fleet.hosts():
        about = [inert(text) for text in (host.id, host.result.host.hostname, host.result.host.platform)]
        for finding in host.result.findings:
            writer.writerow([*about, *(inert(column.cell(finding)) for column in COLUMNS)])
