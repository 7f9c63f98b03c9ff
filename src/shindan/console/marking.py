"""Marks texts that are translated later, where they are shown: `N_("Hosts")`."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it, which tools that look for texts know
    """The text itself."""
    return text
