"""A fleet as JUnit XML: a suite for each host, in the form of `to_junit`, and one for what is about no host."""

from __future__ import annotations

from shindan.model.fleet import Fleet
from shindan.model.result import Host, Ledger, ScanResult
from shindan.render.look import Writer
from shindan.render.to_junit import cases_of, suite


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`."""
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="shindan">\n')
    if fleet.notes:
        whole = _whole(fleet)
        suite(whole, cases_of(whole), stream)
    for host in fleet.hosts():
        suite(host.result, cases_of(host.result), stream)
    stream.write("</testsuites>\n")


def _whole(fleet: Fleet) -> ScanResult:
    gaps = tuple((f"note {number}", note) for number, note in enumerate(fleet.notes, 1))
    about = Host(f"the whole of {fleet.name}", "", "", "", "")
    return ScanResult(fleet.tool_version, fleet.generated_at, about, (), Ledger(0, (), (), 0, gaps, ()))
