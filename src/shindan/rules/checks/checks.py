"""Every check kind, and every function for what fits none: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shindan.rules.checks import (
    accounts,
    bootparam,
    config,
    crypto_policy,
    file,
    file_scan,
    home,
    kernel_module,
    listen,
    mac,
    manual,
    mount,
    netif,
    package,
    process,
    sshd,
    sysctl,
    unit,
)
from shindan.rules.checks.kind import Kind
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined

_ROOMS = (
    accounts, bootparam, config, crypto_policy, file, file_scan, home, kernel_module, listen, mac, manual, mount, netif,
    package, process, sshd, sysctl, unit,
)  # fmt: skip

CHECKS: tuple[Kind, ...] = tuple(room.KIND for room in _ROOMS)

FUNCTIONS: Mapping[str, Callable[[Examined], Result]] = {}
