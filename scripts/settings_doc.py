"""Writes the table of settings into docs/serve.md, between its two marks."""

from __future__ import annotations

from pathlib import Path

from shindan.settings import table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "serve.md"
BEGIN, END = "<!-- settings: written by scripts/settings_doc.py, run `make docs` -->\n", "<!-- end of settings -->"


def page(text: str) -> str:
    """The page with today's table."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
