"""Every check kind, and every function for what fits none: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shindan.rules.checks import file, kernel_module, mount, package, sysctl, unit
from shindan.rules.checks.kind import Kind
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined

CHECKS: tuple[Kind, ...] = (file.KIND, kernel_module.KIND, mount.KIND, package.KIND, sysctl.KIND, unit.KIND)

FUNCTIONS: Mapping[str, Callable[[Examined], Result]] = {}
