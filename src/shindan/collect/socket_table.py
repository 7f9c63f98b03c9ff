"""All sockets of a network namespace: by netlink, else from the files below /proc. Python 3.6 grammar."""

import socket
from typing import Iterator

from shindan.collect import proc_net, sock_diag
from shindan.collect.inet_socket import CLOSE, LISTEN, NEW_SYN_RECV, PROTOCOLS, SYN_RECV, TIME_WAIT, InetSocket
from shindan.collect.net_namespaces import Namespace, entered
from shindan.collect.unavailable import Unavailable

WAITING = 1 << LISTEN | 1 << CLOSE
"""Mask of the states of sockets that wait for others."""

CONNECTED = 0xFFF & ~(1 << LISTEN | 1 << CLOSE | 1 << TIME_WAIT | 1 << SYN_RECV | 1 << NEW_SYN_RECV)
"""Mask of the states of sockets that have two ends, and that a process may still hold."""


def sockets(namespace: Namespace, wanted: int) -> Iterator[InetSocket]:
    """Sockets whose state is in the mask. Raises Unavailable where neither way is open."""
    why = ""
    try:
        with entered(namespace):
            asked = sock_diag.opened()
    except (OSError, Unavailable) as error:
        why = str(error)
        for protocol in PROTOCOLS:
            for found in _by_files(namespace, protocol, wanted, why):
                yield found
        return
    with asked:
        for protocol in PROTOCOLS:
            for found in _of_protocol(namespace, asked, protocol, wanted):
                yield found


def _of_protocol(namespace: Namespace, asked: socket.socket, protocol: str, wanted: int) -> Iterator[InetSocket]:
    told = False
    try:
        for found in sock_diag.dump(asked, protocol, wanted):
            told = True
            yield found
    except OSError as error:
        if told:
            # What came already would come again from the files.
            raise Unavailable("{} sockets: {}".format(protocol, error)) from error
        for found in _by_files(namespace, protocol, wanted, str(error)):
            yield found


def _by_files(namespace: Namespace, protocol: str, wanted: int, why: str) -> Iterator[InetSocket]:
    if not namespace.proc_net:
        raise Unavailable(why)
    for found in proc_net.sockets(namespace.proc_net, protocol, wanted):
        yield found
