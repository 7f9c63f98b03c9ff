"""A run's report as one page that stands alone, in the look and under the rules of `to_html`."""

from __future__ import annotations

from shindan.model.report import Report
from shindan.render.html_environment import environment
from shindan.render.look import Writer
from shindan.render.run_report_view import Room, view_of

ROOM = Room()


def write(report: Report, stream: Writer) -> None:
    """Writes the page piece by piece."""
    template = environment().get_template("run_report.html.jinja")
    pieces = template.stream(view=view_of(report, ROOM))
    pieces.enable_buffering(64)
    for piece in pieces:
        stream.write(piece)
