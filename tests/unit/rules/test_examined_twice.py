"""What nobody looked at stays unknown, however often it is asked for."""

from __future__ import annotations

import pytest

from examined import host
from shindan.rules.checks.result import CannotTell


def test_what_nobody_looked_at_is_unknown_the_second_time_too() -> None:
    nobody_looked = host()
    for _ in range(3):
        with pytest.raises(CannotTell, match="nobody looked"):
            nobody_looked.named("sysctl", "kernel.randomize_va_space")
