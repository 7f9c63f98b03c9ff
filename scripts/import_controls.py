"""Makes the benchmark maps of `rules/cis/benchmarks/` from ComplianceAsCode's control files (BSD-3-Clause, NOTICE).

Numbers, levels, profiles and which rules a number stands for are taken over; titles and texts are not, and are not in
the data either. A rule is found by the ids that it names as its `source`. Run again after rules were added:

    scripts/import_controls.py CONTROLS.json.gz

What a benchmark wants otherwise than our rules do by default stands in `VARIABLES`: its variable → our rule and
parameter.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from shindan.rules import catalog  # noqa: E402
from shindan.rules.catalog import HostRule  # noqa: E402

HOST = ROOT / "src/shindan/rules/host"
BENCHMARKS = ROOT / "src/shindan/rules/cis/benchmarks"

PRODUCTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "debian12": ("debian-12", "Debian Linux 12", ("debian:12",)),
    "debian13": ("debian-13", "Debian Linux 13", ("debian:13",)),
    "ubuntu2204": ("ubuntu-22.04", "Ubuntu Linux 22.04 LTS", ("ubuntu:22.04",)),
    "ubuntu2404": ("ubuntu-24.04", "Ubuntu Linux 24.04 LTS", ("ubuntu:24.04",)),
    "rhel7": ("rhel-7", "Red Hat Enterprise Linux 7", ("rhel:7",)),
    "rhel8": ("rhel-8", "Red Hat Enterprise Linux 8", ("rhel:8",)),
    "rhel9": ("rhel-9", "Red Hat Enterprise Linux 9", ("rhel:9",)),
    "rhel10": ("rhel-10", "Red Hat Enterprise Linux 10", ("rhel:10",)),
    "almalinux9": ("almalinux-9", "AlmaLinux OS 9", ("almalinux:9",)),
    "al2023": ("amazon-linux-2023", "Amazon Linux 2023", ("amzn:2023",)),
    "sle12": ("sles-12", "SUSE Linux Enterprise 12", ("sles:12",)),
    "sle15": ("sles-15", "SUSE Linux Enterprise 15", ("sles:15",)),
    "fedora": ("fedora", "Fedora Linux", ("fedora",)),
}
"""The data's name → our id, what findings call it, and the platforms that it is for."""

HEADER = """\
# Made by scripts/import_controls.py from ComplianceAsCode's control files (BSD-3-Clause; see NOTICE): numbers alone.
"""


EITHER = ("debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04")
"""Benchmarks whose controls on services hold where a package is gone, or its services cannot start."""


def main(path: Path) -> None:
    """Writes every benchmark's file."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    rules = catalog.read_all(HOST)
    by_source = {source: one for one in rules.values() for source in one.sources}
    BENCHMARKS.mkdir(exist_ok=True)
    for product, found in data["products"].items():
        id_, title, platforms = PRODUCTS[product]
        lines = [HEADER, f'id = "{id_}"', f'title = "{title}"', f'version = "{found["version"]}"']
        lines += [f"platforms = {json.dumps(list(platforms))}", "", "[controls]"]
        # What is no number is a helper of the data's own.
        found["controls"] = [one for one in found["controls"] if one["id"].replace(".", "").isdigit()]
        lines += [_line(control, by_source, id_ in EITHER) for control in found["controls"]]
        (BENCHMARKS / f"{id_}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{id_}: {_summary(found['controls'], by_source)}")


def _line(control: Mapping[str, Any], by_source: Mapping[str, HostRule], either: bool) -> str:
    own = list(dict.fromkeys(by_source[one].rule.id for one in control["rules"] if one in by_source))
    whole = all(one in by_source for one in control["rules"])
    level = 1 if any(one.startswith("l1") for one in control["levels"]) else 2
    on = list(dict.fromkeys(one.partition("_")[2] for one in control["levels"]))
    parts = [f"level = {level}", f"on = {json.dumps(on)}"]
    if own and whole:
        parts.insert(0, f"rules = {json.dumps(own)}")
        gone = [one for one in own if one.endswith("-absent")]
        if either and gone and all(one.endswith("-off") for one in own if one not in gone) and len(gone) < len(own):
            parts.insert(1, f"either = {json.dumps(gone)}")
        parts += _params(control, own)
    elif control["rules"] or control["status"] != "manual":
        parts.insert(0, "uncovered = true")
    else:
        parts.insert(0, "manual = true")
    return f'"{control["id"]}" = {{ {", ".join(parts)} }}'


def _params(control: Mapping[str, Any], own: list[str]) -> Iterator[str]:
    said = dict(one.partition("=")[::2] for one in control["variables"])
    wanted: dict[str, dict[str, Any]] = {}
    for name, value in said.items():
        for rule, parameter in VARIABLES.get(name, ()):
            if rule in own:
                wanted.setdefault(rule, {})[parameter] = _value(value)
    if wanted:
        tables = (
            f"{rule} = {{ {', '.join(f'{k} = {json.dumps(v)}' for k, v in one.items())} }}"
            for rule, one in wanted.items()
        )
        yield f"params = {{ {', '.join(tables)} }}"


def _value(text: str) -> int | str:
    """Numbers as numbers; `15_minutes` in seconds."""
    number, _, unit = text.partition("_")
    if number.isdigit():
        return int(number) * {"": 1, "seconds": 1, "minutes": 60, "min": 60}[unit]
    return text


VARIABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "sshd_idle_timeout_value": (("ssh-alive-interval", "most"),),
    "sshd_max_auth_tries_value": (("ssh-max-auth-tries", "most"),),
    "var_account_disable_post_pw_expiration": (("account-inactive-default", "most"), ("account-inactive", "most")),
    "var_accounts_maximum_age_login_defs": (("password-max-age-default", "most"), ("password-max-age", "most")),
    "var_accounts_minimum_age_login_defs": (("password-min-age-default", "least"), ("password-min-age", "least")),
    "var_accounts_password_warn_age_login_defs": (("password-warning-default", "least"), ("password-warning", "least")),
    "var_accounts_passwords_pam_faillock_deny": (("lockout-count", "most"),),
    "var_accounts_passwords_pam_faillock_root_unlock_time": (("lockout-of-root", "least"),),
    "var_accounts_passwords_pam_faillock_unlock_time": (("lockout-time", "least"),),
    "var_accounts_passwords_pam_tally2_unlock_time": (("tally-lockout", "time"),),
    "var_accounts_tmout": (("shell-timeout", "most"),),
    "var_auditd_max_log_file": (("auditd-log-size", "least"),),
    "var_password_pam_difok": (("password-difference", "least"),),
    "var_password_pam_maxrepeat": (("password-repeats", "most"),),
    "var_password_pam_maxsequence": (("password-sequences", "most"),),
    "var_password_pam_minclass": (("password-complexity", "classes"),),
    "var_password_pam_minlen": (("password-min-length", "least"), ("cracklib-passwords", "length")),
    "var_password_pam_remember": (("password-history-length", "least"),),
    "var_password_pam_retry": (("cracklib-passwords", "retries"),),
    "var_password_pam_tally2": (("tally-lockout", "most"),),
    "var_sshd_max_sessions": (("ssh-max-sessions", "most"),),
    "var_sshd_set_keepalive": (("ssh-alive-count", "most"),),
    "var_sshd_set_login_grace_time": (("ssh-login-grace", "most"),),
}
"""A benchmark's variable → (rule, parameter) that takes its value."""


def _summary(controls: list[dict[str, Any]], by_source: Mapping[str, HostRule]) -> str:
    automated = [one for one in controls if one["status"] == "automated"]
    bound = [one for one in automated if one["rules"] and all(source in by_source for source in one["rules"])]
    return f"{len(bound)} of {len(automated)} automated controls are bound"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
