"""Which host a command speaks of: this one, a folder, a file of facts, or another tool's inventory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from shindan.cli.terminal import complain
from shindan.model.errors import HostUnreadable

UNREADABLE = 3
"""Exit code where the platform or the package list cannot be read."""


def chosen_host(root: Path | None, facts: str | None, sbom: Path | None = None) -> Any:
    """The host that the options name (`service.hosts.HostFacts`); ends the command where it cannot be read."""
    given = [name for name, value in (("--root", root), ("--facts", facts), ("--sbom", sbom)) if value is not None]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)} name several hosts: give one of them")
    try:
        if sbom is not None:
            from shindan.service.inventories import host_of

            return host_of(sbom)
        from shindan.service.hosts import read_host

        return read_host(root, facts)
    except HostUnreadable as error:
        complain(str(error), error.remedy)
        raise typer.Exit(UNREADABLE) from None
