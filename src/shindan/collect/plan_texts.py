"""Configuration files whose lines are wanted, and where no text is ever taken from. Python 3.6 grammar.

A pattern's `*` stays within one folder. Secrets in them are taken out on the host (`secrets`).
"""

from typing import Tuple

FOLDERS = (
    "/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib",
)  # fmt: skip
"""Where systemd's programs and modprobe look for folders of files (sysctl.d(5), systemd.syntax(7))."""

DROP_INS: Tuple[str, ...] = tuple(
    "{}/{}".format(folder, pattern)
    for pattern in ("sysctl.d/*.conf", "modprobe.d/*.conf", "modules-load.d/*.conf", "systemd/journald.conf.d/*.conf",
        "systemd/coredump.conf.d/*.conf", "systemd/timesyncd.conf.d/*.conf", "systemd/journal-upload.conf.d/*.conf",
        "systemd/journal-remote.conf.d/*.conf", "systemd/logind.conf.d/*.conf", "systemd/resolved.conf.d/*.conf",
        "systemd/system.conf.d/*.conf", "systemd/user.conf.d/*.conf", "tmpfiles.d/*.conf", "systemd/system/*.mount")
    for folder in FOLDERS
) + tuple(
    "{}/systemd/{}.conf".format(folder, name)
    for name in ("journald", "coredump", "timesyncd", "journal-upload", "journal-remote", "logind", "resolved",
        "system", "user")
    for folder in ("/etc", "/usr/lib")
)  # fmt: skip

PASSWORDS: Tuple[str, ...] = (
    "/etc/login.defs", "/etc/login.defs.d/*", "/usr/etc/login.defs", "/etc/default/useradd", "/etc/default/su",
    "/etc/adduser.conf", "/etc/libuser.conf", "/etc/pam.conf", "/etc/pam.d/*", "/usr/etc/pam.d/*",
    "/usr/lib/pam.d/*", "/etc/security/limits.conf", "/etc/security/*.conf", "/etc/security/limits.d/*.conf",
    "/etc/security/pwquality.conf.d/*.conf", "/etc/security/pwhistory.conf.d/*.conf",
    "/etc/security/faillock.conf.d/*.conf", "/usr/etc/security/*.conf", "/etc/authselect/authselect.conf",
    "/etc/authselect/custom/*/*", "/usr/share/pam-configs/*", "/etc/securetty", "/etc/shells", "/etc/sudoers",
    "/etc/sudoers.d/*", "/usr/etc/sudoers", "/etc/nsswitch.conf", "/etc/sssd/sssd.conf", "/etc/sssd/conf.d/*.conf",
)  # fmt: skip

SHELLS: Tuple[str, ...] = (
    "/etc/profile", "/etc/profile.d/*.sh", "/etc/profile.d/*", "/etc/bash.bashrc", "/etc/bashrc",
    "/etc/bash.bashrc.local", "/etc/profile.local", "/etc/zprofile", "/etc/zshrc", "/etc/csh.cshrc",
    "/etc/csh.login", "/etc/environment", "/root/.bashrc", "/root/.bash_profile", "/root/.profile",
    "/root/.bash_login", "/root/.cshrc", "/root/.tcshrc",
)  # fmt: skip

SSH: Tuple[str, ...] = (
    "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/*.conf", "/usr/etc/ssh/sshd_config",
    "/usr/etc/ssh/sshd_config.d/*.conf", "/etc/ssh/ssh_config", "/etc/ssh/ssh_config.d/*.conf",
    "/etc/sysconfig/sshd", "/etc/default/ssh", "/etc/crypto-policies/back-ends/opensshserver.config",
    "/etc/crypto-policies/back-ends/openssh.config",
)  # fmt: skip

LOGGING: Tuple[str, ...] = (
    "/etc/rsyslog.conf", "/etc/rsyslog.d/*.conf", "/etc/syslog.conf", "/etc/syslog-ng/syslog-ng.conf",
    "/etc/syslog-ng/conf.d/*.conf", "/etc/logrotate.conf", "/etc/logrotate.d/*", "/etc/audit/auditd.conf",
    "/etc/audit/*.conf",
    "/etc/audit/*.rules", "/etc/audit/rules.d/*.rules", "/etc/audit/plugins.d/*.conf",
    "/etc/audisp/plugins.d/*.conf", "/etc/sysconfig/auditd", "/etc/default/rsyslog",
)  # fmt: skip

TIME: Tuple[str, ...] = (
    "/etc/chrony.conf", "/etc/chrony.d/*.conf", "/etc/chrony/chrony.conf", "/etc/chrony/conf.d/*.conf",
    "/etc/chrony/sources.d/*.sources", "/etc/sysconfig/chronyd", "/etc/default/chrony", "/etc/ntp.conf",
    "/etc/ntpsec/ntp.conf", "/etc/ntpsec/ntp.d/*.conf", "/etc/sysconfig/ntpd",
    "/etc/default/ntp", "/etc/default/ntpsec", "/run/chrony.d/*.sources", "/run/chrony-dhcp/*.sources",
    "/etc/init.d/ntpd",
    "/usr/lib/systemd/system/ntpd.service",
)  # fmt: skip

SCHEDULES: Tuple[str, ...] = (
    "/etc/crontab", "/etc/anacrontab", "/etc/cron.d/*", "/etc/cron.hourly/*", "/etc/cron.daily/*",
    "/etc/cron.weekly/*", "/etc/cron.monthly/*", "/var/spool/cron/*", "/var/spool/cron/crontabs/*",
)  # fmt: skip
"""Of these only lines about known tools leave the host: others' commands may name secrets."""

PACKAGES: Tuple[str, ...] = (
    "/etc/apt/apt.conf", "/etc/apt/apt.conf.d/*", "/etc/apt/sources.list", "/etc/apt/sources.list.d/*.list",
    "/etc/apt/sources.list.d/*.sources", "/etc/yum.conf", "/etc/dnf/dnf.conf", "/etc/dnf/automatic.conf",
    "/etc/yum.repos.d/*.repo", "/etc/yum/pluginconf.d/*.conf", "/etc/zypp/zypp.conf",
    "/etc/zypp/zypp.conf.d/*.conf", "/etc/zypp/repos.d/*.repo", "/etc/yum/yum-cron.conf",
)  # fmt: skip

DESKTOP: Tuple[str, ...] = (
    "/etc/dconf/profile/user", "/etc/dconf/profile/*", "/etc/dconf/db/*.d/*", "/etc/dconf/db/*.d/locks/*",
    "/usr/share/dconf/profile/*",
    "/usr/share/gdm/greeter.dconf-defaults", "/etc/gdm3/greeter.dconf-defaults", "/etc/gdm/custom.conf",
    "/etc/gdm3/custom.conf", "/etc/gdm3/daemon.conf", "/etc/X11/xdm/Xservers", "/usr/share/gdm/dconf/*",
    "/usr/share/xsessions/*.desktop", "/usr/share/wayland-sessions/*.desktop",
)  # fmt: skip

NETWORK: Tuple[str, ...] = (
    "/etc/hosts.allow", "/etc/hosts.deny", "/etc/hosts.equiv", "/etc/postfix/main.cf",
    "/etc/exim4/update-exim4.conf.conf", "/etc/nftables.conf", "/etc/sysconfig/nftables.conf",
    "/etc/nftables/*.nft", "/etc/nftables/*.rules", "/etc/ufw/ufw.conf", "/etc/ufw/sysctl.conf", "/etc/ufw/*.rules",
    "/etc/ufw/*.init", "/etc/default/ufw", "/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables",
    "/etc/iptables/rules.v4", "/etc/iptables/rules.v6", "/etc/firewalld/firewalld.conf",
    "/etc/firewalld/zones/*.xml", "/usr/lib/firewalld/zones/*.xml", "/etc/firewalld/policies/*.xml",
    "/etc/sysconfig/network", "/etc/default/nfs-common", "/etc/vsftpd.conf", "/etc/snmp/snmpd.conf",
    "/etc/NetworkManager/NetworkManager.conf", "/etc/NetworkManager/conf.d/*.conf",
)  # fmt: skip

SYSTEM: Tuple[str, ...] = (
    "/etc/fstab", "/etc/issue", "/etc/issue.net", "/etc/motd", "/etc/issue.d/*", "/etc/motd.d/*",
    "/run/motd.dynamic", "/etc/update-motd.d/*", "/etc/default/motd-news", "/etc/sysctl.conf", "/etc/modprobe.conf",
    "/etc/modules", "/etc/default/grub", "/etc/default/grub.d/*.cfg", "/etc/sysconfig/grub", "/etc/kernel/cmdline",
    "/etc/zipl.conf", "/etc/selinux/config", "/etc/selinux/semanage.conf", "/etc/crypto-policies/config",
    "/etc/crypto-policies/state/current", "/etc/crypto-policies/state/CURRENT.pol",
    "/etc/crypto-policies/policies/modules/*.pmod", "/etc/sysconfig/init",
    "/etc/aide.conf", "/etc/aide/aide.conf", "/etc/aide/aide.conf.d/*", "/etc/default/aide", "/etc/default/apport",
    "/etc/default/irqbalance", "/etc/sysconfig/prelink", "/etc/default/prelink", "/etc/inittab", "/etc/rc.local",
    "/etc/sysconfig/boot", "/etc/sysconfig/security", "/etc/kdump.conf", "/etc/ld.so.preload", "/etc/hosts",
    "/usr/lib/systemd/system/emergency.service", "/usr/lib/systemd/system/rescue.service",
    "/lib/systemd/system/emergency.service", "/lib/systemd/system/rescue.service",
    "/usr/lib/systemd/system/rsyslog.service", "/etc/systemd/system/emergency.service",
    "/etc/systemd/system/rescue.service", "/etc/systemd/system/emergency.service.d/*.conf",
    "/etc/systemd/system/rescue.service.d/*.conf", "/etc/systemd/system/aidecheck.service",
    "/etc/systemd/system/aidecheck.timer", "/etc/systemd/system/tmp.mount.d/*.conf",
)  # fmt: skip

TEXTS: Tuple[str, ...] = (
    DROP_INS + PASSWORDS + SHELLS + SSH + LOGGING + TIME + SCHEDULES + PACKAGES + DESKTOP + NETWORK + SYSTEM
)
"""Every file and pattern that is read. Nothing else is, whoever asks for it: see `MAY_BE_ASKED`."""

MAY_BE_ASKED: Tuple[str, ...] = (
    "/etc/pam.d", "/etc/security", "/etc/ssh/sshd_config.d", "/etc/ssh/ssh_config.d", "/etc/sysctl.d",
    "/etc/modprobe.d", "/etc/modules-load.d", "/etc/systemd", "/usr/lib/systemd", "/lib/systemd", "/etc/audit",
    "/etc/rsyslog.d", "/etc/logrotate.d", "/etc/profile.d", "/etc/sudoers.d", "/etc/dconf", "/etc/gdm", "/etc/gdm3",
    "/etc/default", "/etc/sysconfig", "/etc/crypto-policies", "/etc/firewalld", "/etc/nftables", "/etc/ufw",
    "/etc/chrony", "/etc/apt", "/etc/dnf", "/etc/yum", "/etc/yum.repos.d", "/etc/zypp", "/etc/tmpfiles.d",
    "/etc/apparmor.d", "/etc/selinux", "/etc/grub.d", "/etc/udev/rules.d", "/etc/polkit-1", "/etc/fail2ban",
    "/etc/xdg/autostart", "/etc/X11",
)  # fmt: skip
"""Folders from which more may be asked for."""

NEVER: Tuple[str, ...] = (
    "/etc/shadow*", "/etc/gshadow*", "/etc/security/opasswd*", "/etc/apt/auth.conf*", "/etc/ssh/*_key",
    "/etc/ssl/*", "/etc/pki/*", "/etc/*/private/*", "*.pem", "*.key", "*.keys", "*.p12", "*.pfx", "*.jks", "*.kdbx",
    "*.keytab", "*/id_rsa*", "*/id_dsa*", "*/id_ecdsa*", "*/id_ed25519*", "*secret*", "*credential*", "*.psk",
    "/etc/sysconfig/network-scripts/*", "/etc/NetworkManager/system-connections/*", "/etc/wireguard/*",
    "/etc/ppp/*", "/home/*", "/proc/*", "/sys/*", "/dev/*", "/tmp/*",  # noqa: S108
    "/var/tmp/*",  # noqa: S108
)  # fmt: skip
"""What is not read, whatever asks for it or links to it (fnmatch: `*` is anything, `/` too)."""

TARGETS: Tuple[str, ...] = (
    "/etc", "/run", "/usr", "/lib", "/boot", "/var/lib", "/var/spool/cron",
)  # fmt: skip
"""Where links may lead that are read through."""
