"""States of a root that `oscap` and our rules are held against each other on: shell scripts that are run inside it."""

from __future__ import annotations

from shindan.collect.plan_modules import MODULES

KERNEL = "5.10.0-99-judged"

BASE = f"""
# A kernel with all modules that rules speak of: in a root of debootstrap there is none.
mkdir -p /lib/modules/{KERNEL}/kernel /boot/grub
for module in {" ".join(sorted(MODULES))}; do
    : > /lib/modules/{KERNEL}/kernel/$module.ko; echo "kernel/$module.ko:" >> /lib/modules/{KERNEL}/modules.dep
done
: > /lib/modules/{KERNEL}/modules.builtin
# What update-grub makes of it.
: > /boot/vmlinuz-{KERNEL}
printf 'GRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""\n' > /etc/default/grub
cat > /boot/grub/grub.cfg <<'EOF'
set default="0"
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1' {{
    linux /vmlinuz-{KERNEL} root=/dev/vda1 ro quiet
}}
EOF
chmod 0444 /boot/grub/grub.cfg
# What the first boot makes.
touch /var/log/syslog /var/log/messages /var/log/auth.log
chown root:adm /var/log/syslog /var/log/messages /var/log/auth.log
chmod 0640 /var/log/syslog /var/log/messages /var/log/auth.log
# People, with passwords.
groupadd -g 1000 ann; useradd -u 1000 -g 1000 -m -s /bin/bash ann
groupadd -g 1001 bob; useradd -u 1001 -g 1001 -m -s /bin/bash bob
printf 'ann:Tz7#kd82-lq\\nbob:Hq1!mmZ0+ab\\n' | chpasswd
chmod 0750 /home/ann /home/bob
"""

BROKEN = r"""
cat > /etc/ssh/sshd_config <<'EOF'
PermitRootLogin yes
PermitEmptyPasswords yes
HostbasedAuthentication yes
IgnoreRhosts no
PermitUserEnvironment yes
X11Forwarding yes
ClientAliveInterval 0
ClientAliveCountMax 0
MaxAuthTries 10
MaxSessions 100
MaxStartups 100:30:600
LoginGraceTime 600
LogLevel QUIET
GSSAPIAuthentication yes
AllowTcpForwarding yes
UsePAM no
Banner none
Ciphers 3des-cbc,aes128-cbc
MACs hmac-md5,hmac-sha1
KexAlgorithms diffie-hellman-group1-sha1
EOF
chmod 0666 /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/ssh/sshd_config /etc/crontab
chown bob /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
chmod 0777 /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly /etc/cron.d
chown bob:bob /etc/cron.hourly /etc/cron.daily /etc/crontab /etc/ssh/sshd_config
chmod 0666 /etc/motd /etc/issue /etc/issue.net /var/log/syslog /var/log/messages /var/log/auth.log
chown bob:bob /var/log/syslog /var/log/messages /etc/issue
printf 'welcome to \\s \\r\n' > /etc/issue; cp /etc/issue /etc/issue.net; cp /etc/issue /etc/motd
cat > /etc/sysctl.d/99-broken.conf <<'EOF'
net.ipv4.ip_forward = 1
net.ipv4.conf.all.accept_redirects = 1
net.ipv4.conf.default.accept_redirects = 1
net.ipv4.conf.all.secure_redirects = 1
net.ipv4.conf.default.secure_redirects = 1
net.ipv4.conf.all.send_redirects = 1
net.ipv4.conf.default.send_redirects = 1
net.ipv4.conf.all.accept_source_route = 1
net.ipv4.conf.default.accept_source_route = 1
net.ipv4.conf.all.log_martians = 0
net.ipv4.conf.default.log_martians = 0
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.default.rp_filter = 0
net.ipv4.icmp_echo_ignore_broadcasts = 0
net.ipv4.icmp_ignore_bogus_error_responses = 0
net.ipv4.tcp_syncookies = 0
net.ipv6.conf.all.accept_ra = 1
net.ipv6.conf.default.accept_ra = 1
net.ipv6.conf.all.accept_redirects = 1
net.ipv6.conf.default.accept_redirects = 1
net.ipv6.conf.all.accept_source_route = 1
net.ipv6.conf.default.accept_source_route = 1
net.ipv6.conf.all.forwarding = 1
kernel.randomize_va_space = 0
fs.suid_dumpable = 1
EOF
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/; s/^PASS_MIN_DAYS.*/PASS_MIN_DAYS 0/; s/^PASS_WARN_AGE.*/PASS_WARN_AGE 1/; s/^UMASK.*/UMASK 000/' /etc/login.defs
chage -M 99999 -m 0 -W 1 ann
printf 'ann ALL=(ALL) NOPASSWD: ALL\nDefaults !authenticate\nDefaults visiblepw\n' > /etc/sudoers.d/broken
chmod 0440 /etc/sudoers.d/broken
useradd -o -u 0 -g 0 -M toor
passwd -d bob
groupadd -o -g 1000 twin; useradd -o -u 1000 -g 1000 -M twin
echo 'lost:x:1042:4711::/home/lost:/bin/bash' >> /etc/passwd
echo 'lost:!:19000:0:99999:7:::' >> /etc/shadow
echo '+::::::' >> /etc/passwd
chmod 0777 /home/ann; chown ann /home/bob
: > /home/bob/.rhosts; : > /home/bob/.netrc; : > /home/bob/.forward; chown bob /home/bob/.rhosts /home/bob/.netrc /home/bob/.forward
chmod 0666 /home/bob/.bashrc
: > /etc/open; chmod 0666 /etc/open; : > /srv/nobodys; chown 4321:4321 /srv/nobodys
mkdir /srv/open; chmod 0777 /srv/open
echo 'umask 000' > /etc/profile.d/umask.sh
rm -f /etc/cron.deny /etc/cron.allow
sed -i 's/^max_log_file_action.*/max_log_file_action = IGNORE/; s/^space_left_action.*/space_left_action = IGNORE/; s/^admin_space_left_action.*/admin_space_left_action = IGNORE/' /etc/audit/auditd.conf
printf '$FileCreateMode 0666\n' >> /etc/rsyslog.conf
sed -i 's/^\$FileCreateMode.*/$FileCreateMode 0666/' /etc/rsyslog.conf
# Packages as dpkg notes them.
for name in telnetd rsh-server rsh-client talk telnet nis tftpd-hpa xinetd ldap-utils prelink squid samba snmpd dovecot-imapd dovecot-pop3d bind9 vsftpd apache2 nginx cups isc-dhcp-server slapd nfs-kernel-server rpcbind rsync inetutils-telnetd ntpdate xserver-xorg-core; do
printf '\nPackage: %s\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: amd64\nVersion: 1:9.9-1\nDescription: judged\n' "$name" >> /var/lib/dpkg/status
done
"""

TRICKY = r"""
# What files say and what is in force are not the same here.
mkdir -p /etc/ssh/sshd_config.d
grep -q '^Include' /etc/ssh/sshd_config || sed -i '1iInclude /etc/ssh/sshd_config.d/*.conf' /etc/ssh/sshd_config
printf 'PermitRootLogin yes\nX11Forwarding yes\nMaxAuthTries 6\n' > /etc/ssh/sshd_config.d/10-first.conf
printf 'PermitRootLogin no\nX11Forwarding no\nMaxAuthTries 4\nPermitEmptyPasswords "no"\nIgnoreRhosts=yes\n' >> /etc/ssh/sshd_config
printf 'net.ipv4.ip_forward=1\n' > /etc/sysctl.d/10-early.conf
printf 'net.ipv4.ip_forward=0\n' > /etc/sysctl.d/90-late.conf
printf 'install cramfs /usr/bin/false\nblacklist cramfs\n' > /etc/modprobe.d/cramfs.conf
printf 'install usb_storage /bin/false\nblacklist usb_storage\n' > /etc/modprobe.d/usb.conf
printf 'install rds /bin/true\nblacklist rds\n' > /etc/modules-load.d/rds.conf
printf 'minlen = 14\nminclass = 4\n' > /etc/security/pwquality.conf.d/own.conf 2>/dev/null || { mkdir -p /etc/security/pwquality.conf.d; printf 'minlen = 14\nminclass = 4\n' > /etc/security/pwquality.conf.d/own.conf; }
printf -- '-w /etc/passwd -k identity\n-a exit,always -F arch=b64 -S settimeofday -k time\n' > /etc/audit/rules.d/own.rules
printf 'Defaults use_pty\nDefaults logfile="/var/log/sudo.log"\n' > /etc/sudoers.d/own
printf 'Defaults !authenticate\n' > /etc/sudoers.d/not.read
chmod 0440 /etc/sudoers.d/own /etc/sudoers.d/not.read
"""

EXPLICIT = """
# The content passes no option of the SSH server that is not written down, safe as its default may be.
cat >> /etc/ssh/sshd_config <<'EOF'
PermitEmptyPasswords no
HostbasedAuthentication no
IgnoreRhosts yes
PermitUserEnvironment no
LogLevel INFO
MaxSessions 10
GSSAPIAuthentication no
ClientAliveCountMax 3
EOF
"""


def remedied(oscap: str, content: str, *profiles: str) -> str:
    """The content's own remedies for profiles, one after the other; nothing can be installed in there."""
    steps = [
        f"{oscap} xccdf generate fix --fix-type bash --profile '{one}' {content} > /tmp/fix.sh\n"
        "bash /tmp/fix.sh > /opt/out/fix.log 2>&1 || true\n"
        for one in profiles
    ]
    return "apt-get() { return 100; }\nexport -f apt-get\n" + "".join(steps)


def mended(fixes: list[str]) -> str:
    """Our own remedies, each in a shell of its own."""
    return "apt-get() { return 100; }\nexport -f apt-get\n" + "".join(
        f"( {one}\n) > /opt/out/fix.log 2>&1 || true\n" for one in fixes
    )


LIVE = "sysctl --system > /dev/null 2>&1 || true"
"""What a boot does before anybody looks: parameters of the private network are set, others are refused."""
