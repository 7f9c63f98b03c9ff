"""Sockets to listen on, and whether that is safe without TLS."""

from __future__ import annotations

import errno
import ipaddress
import socket

from shindan.model.errors import ShindanError
from shindan.settings import SettingsError, address


class CannotListen(ShindanError):
    """The service cannot listen on this address."""


def listener(listen: str, *, tls: bool, insecure: bool) -> socket.socket:
    """A bound socket. Raises CannotListen where the port is taken, or secrets would travel in the clear unasked."""
    try:
        host, port = address(listen)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    if not tls and not insecure and not is_loopback(host):
        raise CannotListen(
            f"{listen} can be reached from other machines, and there is no certificate",
            remedy="make one with `shindan cert make --hostname NAME`, bring yours with --cert and --key, or say "
            "--insecure if something in front of the service speaks TLS",
        )
    return _bound(host, port, listen)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url(bound: socket.socket, *, tls: bool) -> str:
    """How to reach a listening socket; by name of this machine where it listens everywhere."""
    host, port = bound.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = socket.gethostname()
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _bound(host: str, port: int, listen: str) -> socket.socket:
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"{listen}: {error.strerror or error}", remedy="name another with --listen") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host == "::":
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        bound.bind(where)
        bound.listen(2048)
        bound.set_inheritable(False)
    except OSError as error:
        bound.close()
        raise _told(error, listen) from error
    return bound


def _told(error: OSError, listen: str) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        remedy = "name another with --listen, or stop what listens there: `ss -ltnp` says what it is"
        return CannotListen(f"{listen} is in use: another process listens there", remedy=remedy)
    if error.errno == errno.EACCES:
        return CannotListen(f"{listen}: this user may not listen there", remedy="use a port from 1024 on")
    return CannotListen(f"{listen}: {error.strerror or error}", remedy="name another with --listen")
