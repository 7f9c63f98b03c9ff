"""A sheet of so many columns: lines of styled pieces, cut or wrapped to the width, with colour or without."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.cells import cell_len, set_cell_size

from shindan.model.severity import Severity
from shindan.render.look import Look, Writer
from shindan.render.words import harmless

NARROWEST = 40

PAINT: dict[Severity, str] = {
    "Critical": "bold bright_red",
    "High": "red",
    "Medium": "yellow",
    "Low": "cyan",
    "Informational": "bright_black",
    "Undefined": "bright_black",
}
"""The colour of each severity; of the sixteen that every terminal has and its user may have chosen."""

SHADE: dict[Severity, str] = {
    "Critical": "█",
    "High": "▓",
    "Medium": "▒",
    "Low": "░",
    "Informational": "·",
    "Undefined": "?",
}
"""The mark of each severity in a bar, told apart without colour."""

_PLAIN = {"█": "#", "▓": "%", "▒": "=", "░": "-", "·": ".", "─": "-", "…": ".", "→": ">", "▲": "!", "—": "-"}
"""What stands for the marks where the stream's encoding has none."""

Piece = tuple[str, str]
"""A text and its style ("" for none), in rich's words."""


class TablePage:
    """Writes lines no wider than `look.width`, each piece made harmless; rich knows widths and colours."""

    def __init__(self, stream: Writer, look: Look) -> None:
        self._stream = stream
        self._paint: Callable[[str, str], str] | None = None
        self._substitutes = _substitutes(getattr(stream, "encoding", "utf-8"))
        self.look = look
        self.width = max(look.width, NARROWEST)

    def line(self, *pieces: Piece) -> None:
        """One line; what does not fit is cut, and an ellipsis says so."""
        left, out = self.width, []
        for text, style in pieces:
            text = harmless(text)
            if cell_len(text) > left:
                text = cut(text, left)
            left -= cell_len(text)
            out.append(self._painted(text, style))
        self._stream.write("".join(out).rstrip(" ") + "\n")

    def paragraph(self, text: str, style: str = "", *, indent: int = 0, first: str = "") -> None:
        """Wrapped text below an indent; `first` stands before its first line, in place of the indent."""
        lead = first or " " * indent
        for line in wrapped(harmless(text), self.width - max(indent, cell_len(lead))):
            self.line((lead, style), (line, style))
            lead = " " * indent

    def flow(self, pieces: Iterable[Piece], *, between: str, indent: int = 0) -> None:
        """Pieces side by side, on as many lines as they need; none is broken but one wider than the page."""
        row: list[Piece] = []
        used = 0
        for text, style in pieces:
            text = harmless(text)
            if row and used + cell_len(between + text) > self.width:
                self.line(*row)
                row, used = [], 0
            lead = between if row else " " * indent
            row += [(lead, "bright_black"), (text, style)]
            used += cell_len(lead + text)
        self.line(*row)

    def rule(self) -> None:
        """A line across, with space around it."""
        self.line()
        self.line(("─" * self.width, "bright_black"))

    def _painted(self, text: str, style: str) -> str:
        text = text.translate(self._substitutes) if self._substitutes else text
        if not (style and self.look.colour):
            return text
        self._paint = self._paint or _painter()
        return self._paint(text, style)


def _painter() -> Callable[[str, str], str]:
    # Imported here: most output is without colour, and then these are not needed.
    from rich.color import ColorSystem
    from rich.style import Style

    styles: dict[str, Style] = {}

    def paint(text: str, style: str) -> str:
        if style not in styles:
            styles[style] = Style.parse(style)
        return styles[style].render(text, color_system=ColorSystem.STANDARD)

    return paint


def fitted(text: str, width: int) -> str:
    """Text made exactly `width` columns: filled with spaces, or cut with an ellipsis."""
    text = harmless(text)
    return cut(text, width) if cell_len(text) > width else set_cell_size(text, width)


def cut(text: str, width: int) -> str:
    """At most `width` columns of a text, ending in an ellipsis."""
    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 0 else ""


def wrapped(text: str, width: int) -> Iterable[str]:
    """Lines of at most `width` columns, broken at spaces; a longer word is broken where it must be."""
    line = ""
    for word in text.split(" "):
        if line and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line = ""
        line = f"{line} {word}" if line else word
        while cell_len(line) > width:
            head = set_cell_size(line, width).rstrip() or line[:1]
            yield head
            line = line[len(head) :].lstrip()
    if line:
        yield line


def _substitutes(encoding: str) -> dict[int, str]:
    try:
        "".join(_PLAIN).encode(encoding)
    except UnicodeEncodeError:
        return str.maketrans(_PLAIN)
    return {}
