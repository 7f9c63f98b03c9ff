"""A run's report as one page that stands alone, in the look and under the rules of `to_html`."""

from __future__ import annotations

from shindan.model.report import Report
from shindan.render.html_environment import environment
from shindan.render.look import Writer
from shindan.render.run_report_shapes import Room
from shindan.render.run_report_view import view_of

ROOM = Room()


def write(report: Report, stream: Writer, language: str = "en") -> None:
    """Writes the page piece by piece."""
    template = environment().get_template("run_report.html.jinja")
    view = view_of(report, ROOM, language)
    pieces = template.stream(view=view, label=view.labels, severity=view.severities)
    pieces.enable_buffering(64)
    for piece in pieces:
        stream.write(piece)
