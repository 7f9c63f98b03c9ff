"""A result as one page that stands alone: no script, no font, no picture from elsewhere.

The page states its own Content-Security-Policy (CSP level 3), which lets a browser load nothing at all; everything
that comes from hosts and feeds is escaped and made harmless, and only http and https addresses become links.
"""

from __future__ import annotations

from shindan.model.result import ScanResult
from shindan.render.html_environment import environment
from shindan.render.html_view import view_of
from shindan.render.look import Look, Writer


def write(result: ScanResult, stream: Writer, _: Look) -> None:
    """See `Renderer`."""
    template = environment().get_template("report.html.jinja")
    pieces = template.stream(view=view_of(result))
    pieces.enable_buffering(64)
    for piece in pieces:
        stream.write(piece)
