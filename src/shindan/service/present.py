"""The present moment, as the engine's clock has it, for doors that show how long ago something was."""

from __future__ import annotations

from shindan.engine.clock import milliseconds

__all__ = ["milliseconds"]
