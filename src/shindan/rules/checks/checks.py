"""Every check kind, and every function for what fits none: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shindan.rules.checks import (
    accounts,
    audit_rule,
    bootparam,
    config,
    crypto_policy,
    dconf,
    file,
    file_scan,
    firewall,
    home,
    kernel_module,
    listen,
    log_files,
    mac,
    manual,
    mount,
    netif,
    package,
    pam,
    process,
    shell_env,
    sshd,
    sudoers,
    sysctl,
    unit,
)
from shindan.rules.checks.functions import logging, nftables, processor, root_path, services
from shindan.rules.checks.kind import Kind
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined

_ROOMS = (
    accounts, audit_rule, bootparam, config, crypto_policy, dconf, file, file_scan, firewall, home, kernel_module,
    listen, log_files, mac, manual, mount, netif, package, pam, process, shell_env, sshd, sudoers, sysctl, unit,
)  # fmt: skip

CHECKS: tuple[Kind, ...] = tuple(room.KIND for room in _ROOMS)

FUNCTIONS: Mapping[str, Callable[[Examined], Result]] = {
    "root_path_no_dot": root_path.no_dot,
    "root_path_all_dirs": root_path.all_dirs,
    "root_path_owned_by_root": root_path.owned_by_root,
    "root_path_not_writable": root_path.not_writable,
    "time_single_service": services.time_single_service,
    "logging_service_active": services.logging_service_active,
    "logging_single_service": services.logging_single_service,
    "default_target_is_text": services.default_target_is_text,
    "rsyslog_sends_away": logging.rsyslog_sends_away,
    "rsyslog_takes_nothing": logging.rsyslog_takes_nothing,
    "nftables_rules_permanent": nftables.rules_permanent,
    "processor_no_execute": processor.no_execute,
}

FUNCTION_FACTS: Mapping[str, tuple[str, ...]] = {"processor_no_execute": ("cpu",)}
"""Kinds of facts that functions look at and no check kind does."""
