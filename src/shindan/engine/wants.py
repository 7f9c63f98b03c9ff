"""What each rules package wants of a host that has an agent: the only list."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping

from shindan.model.packages import PackageName
from shindan.rules.base import Wants
from shindan.rules.packages import HOST_PACKAGES

ALWAYS = ("platform", "host", "kernel", "package", "repository", "module", "language_package")
"""Kinds of facts that every run wants: an inventory without them could not be judged, or not be told apart."""

INTERVAL = 10
"""Seconds between two samples."""


class _Wanted(Mapping[PackageName, Wants]):
    """Worked out when it is asked for: it takes a package's rules, 7 MB that a server without runs need not have."""

    def __getitem__(self, name: PackageName) -> Wants:
        return _wants(name)

    def __iter__(self) -> Iterator[PackageName]:
        return iter(("cve", *HOST_PACKAGES))

    def __len__(self) -> int:
        return 1 + len(HOST_PACKAGES)


WANTS: Mapping[PackageName, Wants] = _Wanted()


@functools.cache
def _wants(name: PackageName) -> Wants:
    return Wants() if name == "cve" else HOST_PACKAGES[name].wants


def united(names: Iterable[PackageName]) -> Wants:
    """What several packages want together."""
    wanted = [WANTS[name] for name in names]
    kinds = dict.fromkeys((*ALWAYS, *(kind for one in wanted for kind in one.kinds)))
    sampled = dict.fromkeys(kind for one in wanted for kind in one.sampled)
    whole = any(one.seconds is None for one in wanted)
    return Wants(tuple(kinds), tuple(sampled), None if whole else max((one.seconds or 0 for one in wanted), default=0))
