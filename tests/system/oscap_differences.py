"""Where `oscap` by the content of 2022 and our rules part, each with what the host itself says of the matter.

A row holds for a rule of ours and what the content says of it; the command is run inside the root in the state where
the two part, and what it prints must match. Rows of `NOT_SHARED` are
about rules that ask for something else under the same name: another system's package or file, or another policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shindan.model.outcome import Verdict

Values = Mapping[str, Mapping[str, Any]]


class Difference(NamedTuple):
    """Why the two part where the content says `theirs`; a shell command, and what matches what it prints."""

    theirs: Verdict
    why: str
    command: str
    says: str


DEBIAN_VALUES: Values = {
    "ssh-alive-count": {"most": 0, "ge": 0},
    "auditd-log-kept": {"matches": "(?i)^rotate$"},
    "log-syslog": {"owner": ["syslog"]},
    "log-messages": {"group": ["root"]},
    "password-max-age-default": {"most": 60},
    "password-min-age-default": {"least": 7},
}
"""What the content of Debian 11 wants otherwise than we do by default."""

UBUNTU_VALUES: Values = {
    "shadow-rights": {"mode_max": "0000"},
    "shadow-backup-rights": {"mode_max": "0000"},
    "gshadow-rights": {"mode_max": "0000", "group": ["root"]},
    "gshadow-backup-rights": {"mode_max": "0000", "group": ["root"]},
    "auditd-log-kept": {"matches": "(?i)^rotate$"},
    "password-history-length": {"least": 5},
    "dev-shm-noexec": {"layers": ["active"]},
}
"""What the content wants otherwise than the benchmark's version 2: it follows version 1."""

EITHER = frozenset({"ssh-log-level"})
"""Rules of ours that stand for several of the content's, of which a profile chooses one: INFO or VERBOSE."""

_OTHER = (". /etc/os-release; echo $ID", "^(debian|ubuntu)$")
_NO_SYSTEMD = ("systemctl is-system-running", "^offline$")


def _other(why: str) -> tuple[Difference, ...]:
    return (Difference("fail", f"the rule is about other systems: {why}", *_OTHER),)


def _unit(name: str) -> tuple[Difference, ...]:
    return (Difference("fail", f"no systemd runs in here that could start {name}", *_NO_SYSTEMD),)


def _absent(package: str) -> tuple[Difference, ...]:
    why = f"{package} is not installed: that it should be is a rule of its own"
    return (Difference("fail", why, f"dpkg -s {package} 2>&1", "is not installed"),)


def _renamed(package: str, theirs: str) -> tuple[Difference, ...]:
    why = f"the content looks for {theirs}, as the package is called elsewhere"
    return (
        Difference(
            "pass",
            why,
            f"dpkg -s {package} {theirs} 2>&1",
            f"(?=[\\s\\S]*ok installed)(?=[\\s\\S]*'{theirs}' is not inst)",
        ),
    )


NOT_SHARED: Mapping[str, tuple[Difference, ...]] = {
    "no-root-terminals": _other("/etc/securetty has no effect here, pam_securetty is in no stack"),
    "audit-module-programs": _other("insmod, rmmod and modprobe are links to kmod, whose calls are recorded"),
    "audit-old-fail-logs": _other("pam_tally2 and faillog are gone"),
    "audit-selinux-config": _other("AppArmor is what is used here"),
    "selinux-enforcing": _other("AppArmor is what is used here"),
    "postfix-installed": _other("no benchmark for it wants a mail server"),
    "sysctl-ipv6-conf-all-disable-ipv6": _other("no benchmark for it wants IPv6 switched off"),
    "tally-lockout": _other("pam_faillock has taken its place"),
    "auditd-on": _unit("auditd"),
    "iptables-on": _unit("iptables"),
    "ufw-on": _unit("ufw"),
    "chrony-on": _absent("chrony"),
    "aide-database": _absent("aide"),
    "aide-runs": _absent("aide"),
    "coredump-storage-none": _absent("systemd-coredump"),
    "coredump-process-size-zero": _absent("systemd-coredump"),
    "audit-installed": (
        Difference("fail", "the content wants the package as it is called elsewhere", "dpkg -s auditd audit 2>&1",
                   r"(?=[\s\S]*ok installed)(?=[\s\S]*'audit' is not inst)"),
    ),
    "apache-absent": _renamed("apache2", "httpd"),
    "bind-absent": _renamed("bind9", "bind"),
    "dhcp-server-absent": _renamed("isc-dhcp-server", "dhcp"),
    "ldap-client-absent": _renamed("ldap-utils", "openldap-clients"),
    "ldap-server-absent": _renamed("slapd", "openldap-servers"),
    "rsh-client-absent": _renamed("rsh-client", "rsh"),
    "snmp-server-absent": _renamed("snmpd", "net-snmp"),
    "x-server-absent": _renamed("xserver-xorg-core", "xorg-x11-server-common"),
    "ssh-ciphers": (
        Difference("fail", "the content wants its own list written down", "sshd -T | grep ^ciphers",
                   r"^ciphers (?!.*(cbc|arcfour|none)).+"),
        Difference("pass", "the content takes a list with CBC", "sshd -T | grep ^ciphers", "cbc"),
    ),
    "audit-module-load": (
        Difference("pass", "version 2 of the benchmark wants finit_module, too", "cat /etc/audit/rules.d/*.rules",
                   r"^(?![\s\S]*finit_module)[\s\S]*init_module"),
    ),
    "logrotate-in-use": (
        Difference("fail", "logs are rotated every week; the content wants every day",
                   "logrotate -d /etc/logrotate.conf 2>&1", r"rotating pattern[\s\S]*weekly"),
    ),
    "pam-no-empty-passwords": (
        Difference("pass", "the content reads /etc/pam.d/system-auth, which is not there",
                   "ls /etc/pam.d/system-auth 2>&1; grep nullok /etc/pam.d/common-auth",
                   r"No such file[\s\S]*pam_unix.so nullok"),
    ),
}  # fmt: skip


def _safe(option: str, value: str) -> Difference:
    why = "the server's default is safe; the content wants the line"
    return Difference("fail", why, f"sshd -T | grep -ix '{option} {value}'", value)


DIFFERENCES: Mapping[str, tuple[Difference, ...]] = {
    "ssh-empty-passwords": (_safe("permitemptypasswords", "no"),),
    "ssh-host-based": (_safe("hostbasedauthentication", "no"),),
    "ssh-ignore-rhosts": (_safe("ignorerhosts", "yes"),),
    "ssh-user-environment": (_safe("permituserenvironment", "no"),),
    "ssh-log-level": (_safe("loglevel", "INFO"),),
    "ssh-max-sessions": (_safe("maxsessions", "10"),),
    "ssh-gssapi": (_safe("gssapiauthentication", "no"),),
    "ssh-alive-count": (
        _safe("clientalivecountmax", "3"),
    ),
    "ssh-root-login": (
        Difference("pass", "a drop-in that comes first overrides the main file", "sshd -T | grep ^permitrootlogin",
                   "permitrootlogin yes"),
    ),
    "ssh-max-auth-tries": (
        Difference("pass", "a drop-in that comes first overrides the main file", "sshd -T | grep ^maxauthtries",
                   "maxauthtries 6"),
    ),
    "sysctl-ipv4-ip-forward": (
        Difference("fail", "a later file puts it right", "sysctl net.ipv4.ip_forward", "= 0"),
    ),
    "sysctl-ipv4-conf-all-rp-filter": (
        Difference("fail", "a later file puts it right", "sysctl net.ipv4.conf.all.rp_filter", "= 1"),
    ),
    "sysctl-ipv4-conf-default-rp-filter": (
        Difference("fail", "a later file puts it right", "sysctl net.ipv4.conf.default.rp_filter", "= 1"),
    ),
    "module-cramfs-blocked": (
        Difference("fail", "/usr/bin/false is as good as /bin/false", "modprobe -c | grep '^install cramfs'",
                   "^install cramfs /usr/bin/false$"),
    ),
    "module-usb-storage-blocked": (
        Difference("fail", "usb_storage is usb-storage", "modprobe -c | grep '^install usb'", "usb_storage /bin/false"),
    ),
    "module-rds-blocked": (
        Difference("pass", "a line in modules-load.d has no effect", "modprobe -c | grep -c '^install rds'", "^0$"),
    ),
    "audit-passwd": (
        Difference("fail", "a watch without -p records every access", "auditctl -h | grep -A1 -e '-p '; "
                   "cat /etc/audit/rules.d/own.rules", r"-w /etc/passwd -k identity"),
    ),
    "password-min-length": (
        Difference("fail", "pwquality.conf.d counts", "cat /etc/security/pwquality.conf.d/own.conf", "minlen = 14"),
    ),
    "password-complexity": (
        Difference("fail", "four classes are wanted in pwquality.conf.d, so that credits do not matter",
                   "cat /etc/security/pwquality.conf.d/own.conf", "minclass = 4"),
    ),
    "sudo-log-file": (
        Difference("fail", "a drop-in counts, and so do quotes", "cvtsudoers -f json /etc/sudoers", "/var/log/sudo.log"),
    ),
    "sudo-authenticates": (
        Difference("fail", "sudo passes over files with a dot", "cvtsudoers -f json /etc/sudoers | grep -c authenticate",
                   "^0$"),
    ),
    "sudo-asks-for-password": (
        Difference("fail", "sudo passes over files with a dot", "cvtsudoers -f json /etc/sudoers | grep -c authenticate",
                   "^0$"),
    ),
    "shell-timeout": (
        Difference("fail", "the content knows one way of writing it", "bash -lc 'declare -p TMOUT'", '-rx TMOUT="900"'),
    ),
    "passwords-shadowed": (
        Difference("fail", "a line of NIS has no password to shadow; that it is there is a rule of its own",
                   "awk -F: '$2 != \"x\"' /etc/passwd", r"^\+::::::$"),
    ),
    "root-primary-group": (
        Difference("pass", "the content looks at root alone", "awk -F: '$4 == 0 {print $1}' /etc/passwd",
                   r"root\s+toor"),
    ),
    "dot-files-owner": (
        Difference("fail", "the content is wrong where two accounts share a number",
                   "find /home -name '.*' -type f -printf '%h %u\\n' | sort -u",
                   r"^/home/ann (ann|twin)\n/home/bob bob$"),
    ),
    "no-world-writable-files": (
        Difference("pass", "oscap does not go through this overlay", "find /srv /home /etc -xdev -type f -perm -0002",
                   "/etc/open"),
    ),
    "sticky-shared-folders": (
        Difference("pass", "oscap does not go through this overlay",
                   "find /srv -xdev -type d -perm -0002 ! -perm -1000", "/srv/open"),
    ),
}  # fmt: skip
