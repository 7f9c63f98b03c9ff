"""The host's own accounts as far as passwords matter, and whether others come from a directory service."""

from __future__ import annotations

from collections.abc import Sequence

from shindan.facts.fact import Fact
from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined
from shindan.rules.files.settings import whole_lines

_DIRECTORIES = {"ldap", "sss", "nis", "nisplus", "winbind", "sssd", "centrifydc", "vas4", "extrausers"}


def with_password(host: Examined) -> Sequence[Fact]:
    """Accounts with a password that can be used. Raises CannotTell where nobody was allowed to look at /etc/shadow."""
    accounts = host.all("account")
    if accounts and not any("password" in one.data for one in accounts):
        raise CannotTell("error", host.gap("account") or "nobody was allowed to look at /etc/shadow")
    return [one for one in accounts if str(one.data.get("password", "")).startswith("hash:")]


def without_password(host: Examined) -> str:
    """Why a rule about passwords does not apply; "" where some account has one."""
    if with_password(host):
        return ""
    return f"no account of this host has a password that can be used{elsewhere(host)}"


def elsewhere(host: Examined) -> str:
    """What to say where accounts also come from a directory service, which nobody looked at; "" where they do not."""
    fact = host.inventory.one("text", "/etc/nsswitch.conf")
    lines = fact.data.get("lines", ()) if fact else ()
    for one in whole_lines(map(str, lines)):
        name, _, sources = one.value.partition(":")
        found = _DIRECTORIES & set(sources.partition("#")[0].split())
        if name.strip() == "passwd" and found:
            return f" (accounts of {', '.join(sorted(found))} were not looked at)"
    return ""
