"""The kinds that speak of what runs: they change by the moment, and are sampled over a run's window. 3.6 grammar."""

from typing import Dict, FrozenSet

from shindan.facts.kind import Kind, may, must

SAMPLED: FrozenSet[str] = frozenset(["process", "listener", "connection"])
"""Kinds that an agent samples while a run collects; all others are inventory, taken once."""

_NETWORK_NAMESPACE = "inode of its network namespace, where it is another than the collector's own: `4026532201`"

_SEEN = (
    may("first_seen", "integer", "of a window: when it was first seen, seconds since 1970 (UTC)"),
    may("last_seen", "integer", "likewise when it was last seen; a fact with the later moment replaces the one before"),
)

SAMPLED_KINDS: Dict[str, Kind] = {
    "listener": Kind(
        "protocol, address and port, then the network namespace if it is another: `tcp 0.0.0.0:22`, "
        "`udp [::1]:323 netns:4026532201`",
        "A TCP socket that listens, or a UDP socket that is bound and not connected; on a live host only. Sockets of "
        "one program that share address and port (SO_REUSEPORT) are one fact.",
        (
            must("protocol", "string", "`tcp` or `udp`"),
            must("address", "string", "the address it is bound to; `0.0.0.0` and `::` are all"),
            must("port", "integer", "1 to 65535"),
            may("v6only", "boolean", "whether a socket on `::` leaves IPv4 alone; the kernel says so by netlink only"),
            may("interface", "string", "the one network interface that it is bound to"),
            may("pid", "integer", "lowest id of the processes that hold it; absent: nobody was allowed to look"),
            may("program", "string", "path of that process's executable, in its own view of the file system"),
            may("command", "string", "first word of that process's command line; its arguments stay on the host"),
            may("script", "string", "path of the script that it interprets, where the program is an interpreter"),
            may("uid", "integer", "whose socket it is: numeric user id, as this host counts"),
            may("package", "string", "the package that owns the program; absent: none, or a container's program"),
            may("unit", "string", "systemd unit of the process: `ssh.service`"),
            may("socket_unit", "string", "the `.socket` unit that systemd itself listens for (process 1 holds it)"),
            may("container", "string", "id or name of the container that the process is in, from its control group"),
            may("sockets", "integer", "how many sockets share it, where that is more than one"),
            may("netns", "string", _NETWORK_NAMESPACE),
            *_SEEN,
        ),
    ),
    "process": Kind(
        "path of the executable, with the script that it interprets: `/usr/bin/python3.11 /srv/app.py`",
        "A program that runs: processes of one executable, script, set of users and container are one fact. Kernel "
        "threads are none. Neither environment nor arguments are told.",
        (
            must("path", "string", "path of the executable, in its own view of the file system"),
            must("pid", "integer", "lowest process id among them"),
            must("count", "integer", "how many processes"),
            must("uids", "list", "real, effective, saved and file-system user ids, each once, as this host counts"),
            may("command", "string", "first word of the command line"),
            may("script", "string", "path of the script, where the executable is an interpreter"),
            may("deleted", "boolean", "true where the executable is no longer on disk, or another is in its place"),
            may("package", "string", "the package that owns the executable; absent: none, or a container's program"),
            may("script_package", "string", "the package that owns the script; absent likewise"),
            may("unit", "string", "systemd unit"),
            may("container", "string", "id or name of the container, from the control group"),
            may("foreign", "boolean", "true where its files are not this host's own: a container's, or a chroot's"),
            may("mount_namespace", "string", "inode of its mount namespace, where that is not the collector's"),
            may("root", "string", "its root directory, where that is not `/`"),
            may("netns", "string", _NETWORK_NAMESPACE),
            may("machine", "string", "what the executable is made for: `x86_64`"),
            may("stack", "string", "PT_GNU_STACK of the executable: `protected`, `executable` or `missing`"),
            may("writable_code", "boolean", "true where a loaded segment of the executable is writable and executable"),
            may("stack_check", "boolean", "whether the executable imports or defines `__stack_chk_fail`"),
            may("static", "boolean", "true where it is linked statically: it asks for no interpreter"),
            may("language", "string", "`go` or `rust`, where the executable shows it"),
            may("weak_objects", "list", "mapped libraries without a protected stack or with writable code: objects "
                "with `path`, `stack`, `writable_code` and `package`"),
            may("writable", "list", "of a process with user id 0: objects with `path` (an executable mapping or the "
                "script), `by` (that file, or the folder above it that others can write) and `why`"),
            may("deleted_objects", "list", "paths of executable mappings whose file was deleted or replaced"),
            may("executable_stack", "boolean", "true where its stack is mapped executable"),
            may("writable_code_maps", "integer", "how many mappings are writable and executable at once (JIT, say)"),
            may("randomized", "boolean", "false where its personality switches address randomisation off"),
            *_SEEN,
        ),
    ),
    "connection": Kind(
        "protocol, local address and direction, remote address: `tcp 10.0.0.2 > 192.0.2.7:443` leads outward, "
        "`tcp 10.0.0.2:22 < 192.0.2.9` came in; then the network namespace if it is another",
        "Connections over a window of time, equal ones counted together. Of those outward the local port is not told, "
        "of those that came in the remote one: they are the kernel's choice. UDP sockets that were never connected "
        "show no remote end and are not seen.",
        (
            must("protocol", "string", "`tcp` or `udp`"),
            must("direction", "string", "`in` where the local port is one that is listened on, else `out`"),
            must("remote_address", "string", "the other end"),
            must("count", "integer", "how many connections; 0: those that were told before and are still open, or were "
                "closed now"),
            must("first_seen", "integer", "seconds since 1970 (UTC) of the first that was seen"),
            must("last_seen", "integer", "likewise of the last that was open or closed"),
            may("local_address", "string", "absent where the kernel had forgotten it: refused and aborted attempts"),
            may("local_port", "integer", "direction `in` only"),
            may("remote_port", "integer", "direction `out` only; absent for attempts that were refused or aborted"),
            may("uid", "integer", "whose socket it was: numeric user id; absent: the kernel no longer knew"),
            may("program", "string", "path of the executable, where a look found the connection open, or its listener"),
            may("package", "string", "the package that owns the program; absent: none, or a container's program"),
            may("container", "string", "id or name of the container that the program is in"),
            may("loopback", "boolean", "true where both ends are this host's"),
            may("netns", "string", _NETWORK_NAMESPACE),
        ),
    ),
}  # fmt: skip
"""The kinds of `SAMPLED`."""
