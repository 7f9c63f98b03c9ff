"""How many connections this process may have open: as many as the system lets it, and what of that agents may keep."""

from __future__ import annotations

import resource

_OTHERS = 512
"""Files that are left to everything but agents: the database, people, deliveries."""


def raise_limit() -> int:
    """Takes all open files that this process may have (its hard limit), and says how many; most start with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):  # some systems allow less than they say
            return soft
    return hard


def for_agents(wanted: int, limit: int) -> int:
    """How many connections of agents are kept open between polls: what is wanted, as far as files allow it."""
    if limit < 0:  # RLIM_INFINITY
        return wanted
    return max(1, min(wanted, limit - _OTHERS))
