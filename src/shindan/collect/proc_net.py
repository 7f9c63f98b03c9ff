"""Sockets from /proc/net/{tcp,tcp6,udp,udp6}, where netlink is not to be had. Python 3.6 grammar.

Source: proc(5), and the kernel's `Documentation/networking/proc_net_tcp.rst`: addresses are 32-bit words in the order
of the machine's bytes, ports and states hexadecimal. IPV6_V6ONLY is not told, nor the interface.
"""

import struct
import sys
from typing import Iterator, Optional

from shindan.collect.inet_socket import InetSocket
from shindan.collect.unavailable import Unavailable

_MOST = 1000 * 1000
_LONGEST = 1024


def sockets(folder: str, protocol: str, wanted: int) -> Iterator[InetSocket]:
    """Both families of one protocol; `folder` is `/proc/self/net` or `/proc/PID/net`, `wanted` a mask of states.

    A kernel without IPv6 has no `tcp6`. Raises Unavailable where a file cannot be read.
    """
    for name in (protocol, protocol + "6"):
        path = "{}/{}".format(folder, name)
        try:
            with open(path, "rb") as stream:
                stream.readline(_LONGEST)
                for _ in range(_MOST):
                    line = stream.readline(_LONGEST)
                    if not line:
                        break
                    found = _parsed(protocol, line)
                    if found is not None and wanted >> found.state & 1:
                        yield found
        except FileNotFoundError:
            if name == protocol:
                raise Unavailable("{} is missing: is /proc mounted?".format(path)) from None
        except OSError as error:
            raise Unavailable("{}: {}".format(path, error.strerror or error)) from error


def _parsed(protocol: str, line: bytes) -> Optional[InetSocket]:
    fields = line.split()
    try:
        local, _, local_port = fields[1].partition(b":")
        remote, _, remote_port = fields[2].partition(b":")
        return InetSocket(
            protocol, int(fields[3], 16),
            address(local.decode("ascii")), int(local_port, 16), address(remote.decode("ascii")), int(remote_port, 16),
            0, int(fields[7]), int(fields[9]),
        )  # fmt: skip
    except (IndexError, ValueError, struct.error):
        return None


def address(digits: str) -> bytes:
    """The packed address of 8 or 32 hexadecimal digits. Raises ValueError or struct.error for anything else."""
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    if len(digits) not in (8, 32):
        raise ValueError("no address: {!r}".format(digits))
    return struct.pack("{}{}I".format("<" if sys.byteorder == "little" else ">", len(words)), *words)
