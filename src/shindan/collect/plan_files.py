"""Paths of which the file system's word is wanted: type, mode, owner. Never their content. Python 3.6 grammar.

A pattern's `*` stays within one folder; `/**` at the end is everything below, at any depth.
"""

from typing import Tuple

ACCOUNTS: Tuple[str, ...] = tuple(
    name + suffix
    for name in ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/subuid", "/etc/subgid")
    for suffix in ("", "-")
) + ("/etc/security/opasswd", "/etc/security/opasswd.old", "/etc/shells", "/etc/login.defs", "/etc/default/useradd")

BANNERS: Tuple[str, ...] = (
    "/etc/issue", "/etc/issue.net", "/etc/motd", "/etc/issue.d/**", "/etc/motd.d/**", "/etc/update-motd.d/*",
    "/run/motd.dynamic",
)  # fmt: skip

SCHEDULES: Tuple[str, ...] = (
    "/etc/crontab", "/etc/anacrontab", "/etc/cron.allow", "/etc/cron.deny", "/etc/at.allow", "/etc/at.deny",
    "/var/spool/cron", "/var/spool/cron/crontabs", "/var/spool/at",
) + tuple(
    "/etc/cron.{}{}".format(when, what)
    for when in ("d", "hourly", "daily", "weekly", "monthly", "yearly")
    for what in ("", "/*", "/**")
)  # fmt: skip

SSH: Tuple[str, ...] = (
    "/etc/ssh", "/etc/ssh/*", "/etc/ssh/**", "/etc/ssh/sshd_config", "/etc/ssh/ssh_config",
    "/etc/ssh/sshd_config.d", "/etc/ssh/sshd_config.d/*", "/etc/ssh/sshd_config.d/**", "/usr/etc/ssh/sshd_config",
    "/usr/etc/ssh/sshd_config.d/*", "/etc/sysconfig/sshd", "/etc/default/ssh",
    "/etc/crypto-policies/back-ends/opensshserver.config",
)  # fmt: skip

AUDIT: Tuple[str, ...] = (
    "/etc/audit", "/etc/audit/*", "/etc/audit/**", "/etc/audit/auditd.conf", "/etc/audit/audit.rules",
    "/etc/audit/rules.d", "/etc/audit/rules.d/*", "/etc/audit/rules.d/**", "/etc/audisp", "/etc/audisp/**",
) + tuple(
    "{}/{}".format(folder, name)
    for folder in ("/sbin", "/usr/sbin")
    for name in ("auditctl", "aureport", "ausearch", "autrace", "auditd", "audispd", "augenrules", "audisp-syslog",
        "audisp-remote", "audispd-zos-remote", "rsyslogd")
)  # fmt: skip

LOGS: Tuple[str, ...] = (
    "/var/log", "/var/log/*", "/var/log/**", "/run/log/journal", "/run/log/journal/**",
) + tuple(
    "/var/log/" + name
    for name in ("audit", "audit/*", "audit/**", "audit/audit.log", "apt", "apt/*", "apt/**", "gdm", "gdm/*", "gdm/**",
        "gdm3", "gdm3/*", "gdm3/**", "journal", "journal/**", "landscape", "landscape/*", "landscape/**", "sssd",
        "sssd/*", "sssd/**", "auth.log", "messages", "secure", "syslog", "kern.log", "daemon.log", "user.log",
        "mail.log", "maillog", "cron", "cron.log", "boot.log", "dmesg", "wtmp", "btmp", "lastlog", "faillog",
        "tallylog", "sudo.log", "cloud-init.log", "cloud-init-output.log", "localmessages", "waagent.log", "dpkg.log",
        "aide/aide.log")
)  # fmt: skip

BOOT: Tuple[str, ...] = (
    "/boot", "/boot/*", "/boot/grub", "/boot/grub/*", "/boot/grub/grub.cfg", "/boot/grub/user.cfg",
    "/boot/grub/grubenv", "/boot/grub2", "/boot/grub2/*", "/boot/grub2/**", "/boot/grub2/grub.cfg",
    "/boot/grub2/user.cfg", "/boot/grub2/grubenv", "/boot/grub/grub.conf", "/boot/grub/menu.lst",
    "/boot/loader/entries/*", "/etc/grub.conf", "/etc/grub2.cfg", "/etc/grub2-efi.cfg", "/etc/default/grub",
    "/etc/grub.d/*", "/boot/efi/EFI/*/grub.cfg", "/boot/efi/EFI/*/user.cfg", "/boot/efi/EFI/redhat/grub.cfg",
    "/boot/efi/EFI/redhat/user.cfg",
)  # fmt: skip

SETTINGS: Tuple[str, ...] = (
    "/etc/fstab", "/etc/hosts", "/etc/hosts.allow", "/etc/hosts.deny", "/etc/hosts.equiv", "/etc/shosts.equiv",
    "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/exports", "/etc/exports.d/*", "/etc/securetty",
    "/etc/environment", "/etc/profile", "/etc/profile.d/*", "/etc/bash.bashrc", "/etc/bashrc", "/etc/csh.cshrc",
    "/etc/csh.login", "/etc/zshrc", "/etc/sudoers", "/etc/sudoers.d", "/etc/sudoers.d/*", "/etc/pam.conf",
    "/etc/pam.d", "/etc/pam.d/*", "/etc/security", "/etc/security/*", "/etc/security/**", "/etc/sysctl.conf",
    "/etc/sysctl.d", "/etc/sysctl.d/*", "/etc/modprobe.d", "/etc/modprobe.d/*", "/etc/modules-load.d/*",
    "/etc/rsyslog.conf", "/etc/rsyslog.d/*", "/etc/logrotate.conf", "/etc/logrotate.d/*",
    "/etc/systemd/journald.conf", "/etc/systemd/journald.conf.d/*", "/etc/chrony.conf", "/etc/chrony/chrony.conf",
    "/etc/chrony.keys", "/etc/chrony/chrony.keys", "/etc/ntp.conf", "/etc/ntp/keys", "/etc/ldap.conf",
    "/etc/sssd/sssd.conf", "/etc/snmp/snmpd.conf", "/etc/selinux/config", "/etc/apparmor.d",
    "/etc/apt/sources.list", "/etc/apt/sources.list.d/*", "/etc/apt/trusted.gpg", "/etc/apt/trusted.gpg.d/*",
    "/etc/apt/keyrings/*", "/usr/share/keyrings/*", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d/*", "/etc/yum.conf",
    "/etc/dnf/dnf.conf", "/etc/yum.repos.d/*", "/etc/zypp/zypp.conf", "/etc/zypp/repos.d/*", "/etc/pki/rpm-gpg/*",
    "/etc/pki/tls/private/*", "/etc/ssl/private", "/etc/ssl/private/*", "/etc/ssl/certs", "/etc/krb5.keytab",
    "/etc/krb5.conf", "/etc/aide.conf", "/etc/aide/aide.conf", "/etc/aide/aide.conf.d", "/var/lib/aide",
    "/var/lib/aide/aide.db", "/var/lib/aide/aide.db.gz", "/var/lib/aide/aide.db.new",
    "/var/lib/aide/aide.db.new.gz", "/etc/gdm/custom.conf", "/etc/gdm3/custom.conf", "/etc/gdm3/daemon.conf",
    "/etc/dconf/profile/user", "/etc/dconf/profile/gdm", "/etc/dconf/db", "/etc/dconf/db/*", "/etc/nftables.conf",
    "/etc/sysconfig/nftables.conf", "/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables", "/etc/iptables/rules.v4",
    "/etc/iptables/rules.v6", "/etc/ufw/ufw.conf", "/etc/ufw/*.rules", "/etc/firewalld/firewalld.conf",
    "/etc/X11/xdm/Xservers", "/etc/postfix/main.cf", "/etc/exim4/update-exim4.conf.conf", "/etc/docker/daemon.json",
    "/etc/docker/certs.d/**", "/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock",
    "/etc/kubernetes/*.conf", "/var/lib/kubelet/config.yaml", "/etc/inittab", "/etc/init.d/*", "/etc/rc.local",
)  # fmt: skip

SYSTEM_FOLDERS: Tuple[str, ...] = (
    "/", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib",
    "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec", "/usr/share", "/usr/local", "/usr/local/bin",
    "/usr/games", "/usr/local/games",
    "/usr/local/sbin", "/usr/local/lib", "/usr/local/lib64", "/usr/local/share", "/usr/local/etc", "/etc",
    "/etc/*.d", "/etc/cron.*", "/etc/systemd", "/etc/systemd/**", "/etc/init.d", "/etc/profile.d",
    "/etc/ld.so.conf", "/etc/ld.so.conf.d/*", "/etc/ld.so.preload", "/usr/lib/systemd", "/usr/lib/systemd/system",
    "/lib/systemd/system", "/opt", "/root", "/home", "/srv", "/tmp", "/var", "/var/tmp",  # noqa: S108
    "/var/lib", "/var/spool", "/var/mail", "/var/cache", "/dev/shm", "/run", "/run/lock", "/snap/bin", "/root/bin",  # noqa: S108
)  # fmt: skip

FILES: Tuple[str, ...] = ACCOUNTS + BANNERS + SCHEDULES + SSH + AUDIT + LOGS + BOOT + SETTINGS + SYSTEM_FOLDERS
"""Every path and pattern that is looked at."""

MAY_BE_ASKED: Tuple[str, ...] = (
    "/etc", "/boot", "/efi", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/srv",
    "/snap", "/var/cache", "/var/lib", "/var/log", "/var/mail", "/var/spool", "/run", "/dev/shm",  # noqa: S108
)  # fmt: skip
"""Folders below which, and at which, more may be asked for: nobody's home, nothing of processes."""
