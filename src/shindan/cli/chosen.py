"""Which host a command speaks of: this one, a folder, a file of facts, or another tool's inventory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from shindan.cli.terminal import complain
from shindan.model.errors import HostUnreadable

UNREADABLE = 3
"""Exit code where the platform or the package list cannot be read."""


@contextmanager
def looking(
    root: Path | None,
    facts: str | None,
    sbom: Path | None,
    packages: Sequence[Any] = ("cve",),
    *,
    flaws: bool | None = None,
    walk: bool = False,
    window: float = 0,
    scap: Any = None,
) -> Iterator[Any]:
    """Processes that begin to look at the host (`service.collecting.Child`), where there is one to look at, for what
    these rules packages want; `scap` is content to have evaluated (`collect.scap_wanted.Wanted`).

    What takes longest begins first: all that a command imports comes in meanwhile.
    """
    folder = Path("/") if root is None else root
    if facts is not None or sbom is not None or not folder.is_dir():
        yield None
        return
    from shindan.service.collecting import Child

    with Child(
        folder, packages, slow="cve" in packages if flaws is None else flaws, walk=walk, window=window, scap=scap
    ) as child:
        yield child


def chosen_host(root: Path | None, facts: str | None, sbom: Path | None = None, child: Any = None) -> Any:
    """The host that the options name (`service.hosts.HostFacts`); ends the command where it cannot be read.

    `child` is what `looking` gave.
    """
    given = [name for name, value in (("--root", root), ("--facts", facts), ("--sbom", sbom)) if value is not None]
    if len(given) > 1:
        raise typer.BadParameter(f"{' and '.join(given)} name several hosts: give one of them")
    try:
        if sbom is not None:
            from shindan.service.inventories import host_of

            return host_of(sbom)
        from shindan.service.hosts import read_host

        return read_host(root, facts, child)
    except HostUnreadable as error:
        complain(str(error), error.remedy)
        raise typer.Exit(UNREADABLE) from None
