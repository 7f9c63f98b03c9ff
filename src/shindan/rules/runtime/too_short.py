"""How the reason of a rule begins that would have had to watch for longer: a choice of whoever began, and no error."""

from __future__ import annotations

TOO_SHORT = "the window was too short: "
