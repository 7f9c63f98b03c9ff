"""Marks texts that are translated later, where they are shown: `N_("Hosts")`."""

from __future__ import annotations

from shindan.model.marking import N_

__all__ = ["N_"]
