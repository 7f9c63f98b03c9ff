"""Marks texts of the ground that are translated where they are shown: `N_("Agent not found")`."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it, which tools that look for texts know
    """The text itself."""
    return text
