"""The rules packages that are evaluated host by host from facts: the only list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from shindan.model.packages import PackageName
from shindan.rules.base import HostPackage

_NAMES: tuple[PackageName, ...] = ("cis", "network", "practices", "runtime", "scap")
"""`PACKAGE` of `shindan.rules.<name>.package` is the package."""


class _Packages(Mapping[PackageName, HostPackage]):
    """Each is loaded when it is asked for: a server without runs needs the names alone."""

    def __getitem__(self, name: PackageName) -> HostPackage:
        if name not in _NAMES:
            raise KeyError(name)
        found: HostPackage = import_module(f"shindan.rules.{name}.package").PACKAGE
        return found

    def __iter__(self) -> Iterator[PackageName]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


HOST_PACKAGES: Mapping[PackageName, HostPackage] = _Packages()
