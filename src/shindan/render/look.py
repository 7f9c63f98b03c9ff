"""What every renderer takes beside the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shindan.model.result import ScanResult


@dataclass(frozen=True, slots=True)
class Look:
    """How a person's terminal wants it: colours or not, columns, findings shown of each package (None: all).

    `full`: JSON has every outcome, also of rules that hold.
    """

    colour: bool = False
    width: int = 100
    limit: int | None = None
    full: bool = False


class Writer(Protocol):
    """The part of a text stream that renderers use."""

    def write(self, text: str, /) -> int:
        """Write some text."""


Renderer = Callable[[ScanResult, Writer, Look], None]
"""Writes one result piece by piece; nothing is held but what the form itself needs."""
