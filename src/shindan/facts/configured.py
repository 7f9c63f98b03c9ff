"""The kinds that tell how a host is set up: its files, accounts, mounts, units, kernel and networks. 3.6 grammar."""

from typing import Dict, FrozenSet

from shindan.facts.enforced import ENFORCED_KINDS
from shindan.facts.kind import Kind, may, must

DEAR: FrozenSet[str] = frozenset(["scap", "sweep"])
"""Kinds that cost a walk over all file systems, or need to be told what to do: collected only where they are named."""

CONFIGURED_KINDS: Dict[str, Kind] = {
    "file": Kind(
        "an absolute path, or a pattern that was followed (`/etc/cron.d/*` within a folder, `/var/log/**` below it)",
        "What the file system says of one path of a closed list; never its content. Of a link everything but `link` "
        "and `target` is about what it leads to.",
        (
            must("type", "string", "`regular`, `directory`, `socket`, `fifo`, `block`, `char`; `absent` where "
                "nothing is there, or a link leads nowhere; `pattern` where the subject is one"),
            may("mode", "string", "the twelve bits in octal: `0644`, `4755`"),
            may("uid", "integer", "its owner's number"),
            may("gid", "integer", "its group's number"),
            may("owner", "string", "the owner's name by /etc/passwd; absent where it has none there"),
            may("group", "string", "the group's name by /etc/group; absent where it has none there"),
            may("size", "integer", "bytes; of regular files only"),
            may("acl", "boolean", "true where an access control list says more than the mode"),
            may("link", "boolean", "true where the path itself is a symbolic link"),
            may("target", "string", "where that finally leads"),
            may("complete", "boolean", "of a pattern: whether all that matches was told"),
            may("reason", "string", "of a pattern: why not"),
        ),
    ),
    "text": Kind(
        "an absolute path, or a pattern that was followed (`/etc/sysctl.d/*.conf`)",
        "The lines of one configuration file of a closed list. Secrets stay on the host: values of passwords, hashes "
        "and private keys are replaced by `<secret>`, and of tables of cron only lines about known tools are told.",
        (
            may("lines", "list", "the lines, in order, without their ends; empty for a link to /dev/null"),
            may("truncated", "boolean", "true where the file is longer than 64 KiB, or could not be read; no lines "
                "then"),
            may("reason", "string", "why it could not be read"),
            may("absent", "boolean", "true where nothing is there"),
            may("pattern", "boolean", "true where the subject is a pattern: all that matches it was told"),
            may("target", "string", "where the path finally leads, if it is a link"),
        ),
    ),
    "sysctl": Kind(
        "key with dots: `net.ipv4.conf.all.rp_filter`; a dot within a name is written `/`",
        "A parameter of the kernel that runs. Keys that are secrets, and what the kernel counts, are left out.",
        (must("value", "string", "as the kernel has it; white space is one space"),),
    ),
    "mount": Kind(
        "the mount point",
        "A file system that is mounted, as process 1 sees it, in the order of mounting: of several on one mount point "
        "the last covers the others.",
        (
            must("fstype", "string", "type: `ext4`, `tmpfs`"),
            must("options", "list", "options of the mount, then those of the file system"),
            may("source", "string", "what is mounted: `/dev/sda1`"),
            may("root", "string", "the folder of the file system that is mounted, where it is not its root (bind "
                "mounts)"),
        ),
    ),
    "unit": Kind(
        "the unit's name with its suffix; or `init`",
        "A unit of systemd, by its files and links. Units that are not told are not there.",
        (
            may("enabled", "string", "as `systemctl is-enabled` says: `enabled`, `enabled-runtime`, `disabled`, "
                "`masked`, `masked-runtime`, `static`, `indirect`, `alias`, `generated`, `transient`, `linked`, "
                "`linked-runtime`"),
            may("active", "string", "`active`, `inactive`, `failed` or what else systemd says; `unknown` where it "
                "does not run here"),
            may("path", "string", "the unit's file, links followed; absent where it is masked"),
            may("alias_of", "string", "the unit that an alias leads to"),
            may("triggered_by", "list", "sockets, timers and paths that start it"),
            may("triggers", "list", "what a socket, timer or path starts"),
            may("init", "string", "subject `init`, which comes first: `other` where systemd does not run this host"),
        ),
    ),
    "account": Kind(
        "the user's name",
        "A line of /etc/passwd, and what /etc/shadow says of it. Accounts of a directory service are not told.",
        (
            must("uid", "integer", "-1 where the field is no number (lines of NIS)"),
            must("gid", "integer", "likewise"),
            may("home", "string", "home folder"),
            may("shell", "string", "login shell"),
            may("password", "string", "`none` (no password is asked), `unset` (none can be right), `locked` (a hash "
                "behind `!`), or `hash:` and the id of crypt(5): `hash:6`, `hash:y`, `hash:des`; absent: nobody may "
                "look"),
            may("last_change", "integer", "day of the last change, since 1970"),
            may("min", "integer", "days before it may be changed"),
            may("max", "integer", "days after which it must be changed"),
            may("warn", "integer", "days of warning before that"),
            may("inactive", "integer", "days after which it is locked then"),
            may("expire", "integer", "day on which the account ends, since 1970"),
            may("today", "integer", "day of the collection, where the last change lies in the future"),
            may("shadowed", "boolean", "whether /etc/passwd leaves the password to /etc/shadow (`x`)"),
            must("line", "integer", "line of /etc/passwd, from 1"),
        ),
    ),
    "group": Kind(
        "the group's name",
        "A line of /etc/group.",
        (
            must("gid", "integer", "-1 where the field is no number (lines of NIS)"),
            must("members", "list", "names that it lists"),
            must("line", "integer", "line of /etc/group, from 1"),
        ),
    ),
    "home": Kind(
        "the user's name; `*` where the host has no people",
        "The home folder of a person: an account from UID_MIN on with a shell of /etc/shells.",
        (
            must("path", "string", "where it should be; empty for `*`"),
            may("exists", "boolean", "absent where it was not visited: a network file system, say"),
            may("reason", "string", "why it was not visited"),
            may("mode", "string", "twelve bits in octal"),
            may("uid", "integer", "whose it is"),
            may("gid", "integer", "whose group's it is"),
            may("of", "integer", "number of the user whose home it should be"),
            may("of_group", "integer", "number of that user's group"),
            may("files", "list", "regular files of a closed list of names: objects with `name`, `mode`, `uid`, `gid`"),
        ),
    ),
    "kernel_module": Kind(
        "the module's name, with `_`",
        "A module of a closed list, or one that is loaded.",
        (
            must("loaded", "boolean", "whether the kernel that runs has loaded it; false below a root"),
            must("builtin", "boolean", "whether it is part of a kernel itself: the one that runs, or one installed"),
            must("available", "boolean", "whether some installed kernel has a file of it"),
        ),
    ),
    "boot": Kind(
        "`running`, the id or title of a boot loader's entry, or `grub`",
        "Arguments of the kernel that runs and of each that can be booted; and how GRUB is guarded.",
        (
            may("arguments", "list", "arguments in order, variables replaced as far as they are known"),
            may("loader", "string", "`grub`, `bls` (Boot Loader Specification), `legacy` (GRUB of old)"),
            may("kernel", "string", "release of the entry's kernel"),
            may("default", "boolean", "true for the entry that boots next"),
            may("superusers", "boolean", "subject `grub`: whether somebody is named who alone may change entries"),
            may("password", "boolean", "subject `grub`: whether such a user has a password"),
            may("cfg", "string", "subject `grub`: path of its configuration"),
        ),
    ),
    "lsm": Kind(
        "`selinux` or `apparmor`",
        "Mandatory access control; on a live host only.",
        (
            must("active", "boolean", "whether the kernel has it switched on"),
            may("mode", "string", "selinux: `enforcing` or `permissive` now"),
            may("configured", "string", "selinux: the mode of /etc/selinux/config"),
            may("policy", "string", "selinux: the policy of /etc/selinux/config, `targeted`"),
            may("profiles", "object", "apparmor: profile to its mode, `enforce`, `complain`, `kill`, `unconfined`"),
            may("unconfined", "list", "apparmor: programs that run unconfined though there is a profile for them"),
        ),
    ),
    "sweep": Kind(
        "`world_writable`, `no_sticky`, `unowned`, `ungrouped`, `setuid` or `setgid`",
        "What one walk over the local file systems found: files that everybody may write, folders that everybody may "
        "write without the sticky bit, what belongs to no user or group, programs that run as another.",
        (
            must("paths", "list", "the first 1,000 of them"),
            must("count", "integer", "how many there are"),
            must("complete", "boolean", "whether the walk came to its end"),
            must("walked", "integer", "entries looked at"),
            may("reason", "string", "why it did not"),
        ),
    ),
    "container": Kind(
        "`self`",
        "Whether the host is a container or a virtual machine; on a live host only.",
        (
            must("inside", "boolean", "whether it is a container, which shares its kernel with others"),
            may("runtime", "string", "of a container: `docker`, `podman`, `lxc`, `systemd-nspawn`, `kubernetes`, "
                "`wsl` …"),
            may("virtualisation", "string", "hypervisor: `kvm`, `xen`, `vmware`, `microsoft`, `amazon` … or `none`"),
        ),
    ),
    "interface": Kind(
        "the interface's name",
        "A network interface of the collector's network namespace; its hardware address is not told.",
        (
            must("addresses", "list", "with the length of the prefix: `10.0.0.5/24`, `fe80::1/64`"),
            must("up", "boolean", "whether it is switched on"),
            must("kind", "string", "`loopback`, `wireless`, `bridge`, `bond`, `vlan`, `tunnel`, `physical`, or "
                "`virtual`"),
            may("promiscuous", "boolean", "true where it takes in what is meant for others"),
        ),
    ),
    "route": Kind(
        "the destination: `0.0.0.0/0`, `2001:db8::/32`",
        "A route of the collector's network namespace; those to its own addresses are left out.",
        (
            may("via", "string", "the next gateway"),
            may("device", "string", "the interface"),
            may("table", "integer", "number of the routing table; 254 is `main`"),
            may("type", "string", "`unicast`, `blackhole`, `unreachable`, `prohibit`, `throw`"),
            may("metric", "integer", "the less, the sooner"),
        ),
    ),
    "cpu": Kind(
        "`0`",
        "The first processor; on a live host only.",
        (
            must("arch", "string", "machine as the kernel calls it: `x86_64`"),
            must("flags", "list", "those of its flags that concern security: `nx`, `smep`, `smap`, `pae` …"),
        ),
    ),
    "crypto_policy": Kind(
        "`current`",
        "The system-wide policy for cryptography of the Red Hat family.",
        (
            must("policy", "string", "the policy in force: `DEFAULT`; empty where there is none"),
            must("subpolicies", "list", "modules on top of it: `NO-SHA1`"),
            may("configured", "string", "what is configured, where that is not yet in force: `FUTURE`"),
            may("fips", "boolean", "whether the kernel runs in FIPS mode; on a live host only"),
        ),
    ),
    **ENFORCED_KINDS,
}  # fmt: skip
"""All of them."""

CONFIGURED: FrozenSet[str] = frozenset(CONFIGURED_KINDS)
"""Their names."""
