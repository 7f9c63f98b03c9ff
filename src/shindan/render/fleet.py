"""A fleet in its forms: one file a form, and one explicit list of them. Every form is written host by host.

Where a form speaks of one host, its renderer (`shindan.render.RENDERERS`) is asked for that host's part.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from shindan.model.fleet import Fleet
from shindan.render.look import Writer

FleetRenderer = Callable[[Fleet, Writer], None]


class FleetForm(NamedTuple):
    """A form by the API's word: the module whose `write` makes it, its media type, and how its files end."""

    module: str
    media_type: str
    ending: str


FLEET_FORMS: dict[str, FleetForm] = {
    "JSON": FleetForm("fleet_json", "application/json", "json"),
    "CSV": FleetForm("fleet_csv", "text/csv; charset=utf-8", "csv"),
    "SARIF": FleetForm("fleet_sarif", "application/sarif+json", "sarif"),
    "CYCLONEDX": FleetForm("fleet_cyclonedx", "application/vnd.cyclonedx+json; version=1.6", "cdx.json"),
    "OPENVEX": FleetForm("fleet_openvex", "application/json", "vex.json"),
    "MARKDOWN": FleetForm("fleet_markdown", "text/markdown; charset=utf-8", "md"),
    "JUNIT": FleetForm("fleet_junit", "application/xml", "junit.xml"),
    "ASFF": FleetForm("fleet_asff", "application/x-ndjson", "asff.ndjson"),
    "DEFECTDOJO": FleetForm("fleet_defectdojo", "application/json", "defectdojo.json"),
}


def load(form: str) -> FleetRenderer:
    """What writes a form. Raises ValueError for a form that is none."""
    if form not in FLEET_FORMS:
        raise ValueError(f"unknown format {form!r}: choose one of {', '.join(FLEET_FORMS)}")
    write: FleetRenderer = import_module(f"shindan.render.{FLEET_FORMS[form].module}").write
    return write
