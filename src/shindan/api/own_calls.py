"""All verbs of our own, by name: the only list. Who adds one adds a line to the table of its noun.

They are loaded when the first is asked for: with them come the rules and whatever else they speak of, which a server to
which only agents and the assessment API speak need not have.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import import_module

from shindan.api.own import OwnCall

NOUNS = ("channels", "fleet", "reports", "runs", "schedules", "tailoring")
"""Each has its verbs in `CALLS` of `shindan.api.own_<noun>`."""


@functools.cache
def own_calls() -> Mapping[str, OwnCall]:
    """Every verb by its name."""
    tables = [import_module(f"shindan.api.own_{noun}").CALLS for noun in NOUNS]
    return {verb: call for table in tables for verb, call in table.items()}
