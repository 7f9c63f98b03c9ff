"""Small pictures drawn on the server, as SVG without styles of its own: icons, bars, rings."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

ICONS = {
    "overview": "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-4H4zM14 8h6V4h-6z",
    "hosts": "M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.01M7.5 16h.01M11 8h6M11 16h6",
    "targets": "M12 3v3M12 18v3M3 12h3M18 12h3M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12 11.9v.2",
    "templates": "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h5",
    "runs": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM10 8.5v7l5.5-3.5z",
    "schedules": "M4 6h16v14H4zM4 10h16M8 3.5v4M16 3.5v4M12 13v3l2 1",
    "findings": "M12 3l8 3v6c0 4.5-3.2 7.6-8 9-4.8-1.4-8-4.5-8-9V6zM12 8v5M12 16h.01",
    "rules": "M5 4h14v16H5zM8.5 9l1.2 1.2L12 8M8.5 15l1.2 1.2L12 14M14.5 9.5h2M14.5 15.5h2",
    "feeds": "M5 19h.01M5 13a6 6 0 0 1 6 6M5 8a11 11 0 0 1 11 11M5 4a15 15 0 0 1 15 15",
    "notifications": "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5h4",
    "usage": "M4 20V4M4 20h16M8 16v-4M12 16V8M16 16v-6",
    "users": (
        "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z"
        "M3 20c.4-3.6 2.6-5.5 6-5.5s5.6 1.9 6 5.5M16 5.5a3 3 0 0 1 0 6M18 15c1.8.7 2.8 2.4 3 5"
    ),
    "audit": "M5 4h14v16H5zM8.5 8.5h7M8.5 12h7M8.5 15.5h4",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "person": "M12 4.5a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20.5c.6-4 3.4-6 7.5-6s6.9 2 7.5 6",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "plus": "M12 5v14M5 12h14",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16.2 16.2L21 21",
    "next": "M9 5l7 7-7 7",
    "back": "M15 5l-7 7 7 7",
    "close": "M6 6l12 12M18 6L6 18",
    "warning": "M12 4l9 16H3zM12 10v4M12 17h.01",
    "sun": (
        "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2"
        "M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"
    ),
    "moon": "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
    "auto": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 3.5v17",
    "language": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3.5 9.5h17M3.5 14.5h17M12 3c-5 5-5 13 0 18 5-5 5-13 0-18z",
    "key": "M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 12.5L19 4.5M15.5 8l3 3",
    "leave": "M14 4H5v16h9M10 12h11M17.5 8.5L21 12l-3.5 3.5",
    "download": "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4 20h16",
    "play": "M7 4.5v15l12-7.5z",
    "stop": "M6 6h12v12H6z",
    "edit": "M4 20l1-4.5L16 4.5l3.5 3.5-11 11zM14 6.5l3.5 3.5",
    "remove": "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5.5M14 11v5.5",
}
"""Strokes in a square of 24."""


def icon(name: str) -> Markup:
    """A picture beside a word that says the same: screen readers pass it over. Raises KeyError."""
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor"'
        ' stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{}"/></svg>'
    ).format(ICONS[name])


def share(part: float, whole: float, kind: str = "accent") -> Markup:
    """A bar that is filled as far as `part` is of `whole`; the number stands beside it, so it is not read out."""
    filled = 0.0 if whole <= 0 else max(0.0, min(100.0, 100 * part / whole))
    return Markup(
        '<svg class="share" width="100%" height="6" aria-hidden="true">'
        '<rect class="track" width="100%" height="6" rx="3"/>'
        '<rect class="fill {}" width="{:.2f}%" height="6" rx="3"/></svg>'
    ).format(kind, filled)


_BAR = Markup(
    '<rect class="fill {}" x="{:.3f}%" width="{:.3f}%" y="{:.2f}" height="{:.2f}" rx="1.5"><title>{}</title></rect>'
)
_ARC = Markup(
    '<circle class="arc {}" cx="56" cy="56" r="42" stroke-dasharray="{:.2f} {:.2f}" stroke-dashoffset="{:.2f}">'
    "<title>{}</title></circle>"
)


def bars(rows: Sequence[tuple[str, float, str]], title: str = "") -> Markup:
    """Bars side by side over one ground line; each is (label, value, kind). Read out as a list of labels and values."""
    most = max([value for _, value, _ in rows] or [0]) or 1
    wide = 100 / max(1, len(rows))
    drawn = Markup("")
    for number, (label, value, kind) in enumerate(rows):
        high = 58 * value / most
        place, width = number * wide + wide * 0.12, wide * 0.76
        drawn += _BAR.format(kind, place, width, 60 - high, max(high, 0.5 if value else 0), f"{label}: {value:g}")
    return Markup(
        '<svg class="bars" width="100%" height="62" role="img" aria-label="{}">{}'
        '<rect class="ground" y="60" width="100%" height="1"/></svg>'
    ).format(_spoken(rows, title), drawn)


def donut(parts: Sequence[tuple[str, float, str]], middle: str = "", title: str = "") -> Markup:
    """A ring of (label, value, kind); `middle` stands in it. Nothing at all is a pale ring."""
    whole = sum(value for _, value, _ in parts)
    around, begun = 2 * math.pi * 42, 0.0
    arcs = Markup("")
    for label, value, kind in parts:
        if value > 0:
            length = around * value / whole
            arcs += _ARC.format(kind, max(length - 1.5, 0.8), around, -begun, f"{label}: {value:g}")
            begun += length
    return Markup(
        '<svg class="donut" viewBox="0 0 112 112" width="112" height="112" role="img" aria-label="{}">'
        '<circle class="track" cx="56" cy="56" r="42"/><g transform="rotate(-90 56 56)">{}</g>'
        '<text x="56" y="62" text-anchor="middle">{}</text></svg>'
    ).format(_spoken(parts, title), arcs, middle)


def _spoken(rows: Sequence[tuple[str, float, str]], title: str) -> str:
    text = ", ".join(f"{label}: {value:g}" for label, value, _ in rows)
    return f"{title}: {text}" if title else text
