"""Every check kind, and every function for what fits none: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shindan.rules.checks import package
from shindan.rules.checks.kind import Kind
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined

CHECKS: tuple[Kind, ...] = (package.KIND,)

FUNCTIONS: Mapping[str, Callable[[Examined], Result]] = {}
