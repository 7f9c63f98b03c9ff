"""One thing that should hold on a host: what is always true of it, whichever host is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shindan.model.severity import Severity

Maturity = Literal["draft", "stable", "retired"]
"""Only stable rules are on by default."""


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend what fails, to be reviewed and run: as POSIX shell, and as Ansible tasks (YAML); "" where none."""

    shell: str = ""
    ansible: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `id` is ours and stable; `title` says what should hold, `why` the reason, `remedy` what to do.

    `flaw` is the title of a finding, where the API has one of its own for it; `{agent}` in it is the host.
    """

    id: str
    title: str
    severity: Severity
    why: str
    remedy: str
    maturity: Maturity = "stable"
    references: tuple[str, ...] = ()
    fix: Fix = Fix()
    flaw: str = ""
