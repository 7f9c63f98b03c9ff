"""Trust in the server: its certificate authority, or the digest of its certificate; TLS 1.2 or newer.

Python 3.6 grammar.
"""

import hashlib
import socket
import ssl
from typing import Optional

from shindan.agent.config import SYSTEM_CA, Config, ConfigError


class Untrusted(Exception):
    """The server is not the one that the configuration trusts; nothing was sent to it."""


class Trust:
    """What the configuration trusts; `wrap` makes a connection secure or refuses it."""

    def __init__(self, config: Config) -> None:
        """Raises ConfigError where the CA file cannot be used."""
        self._pins = config.pins
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _at_least_1_2(self._context)
        self._session: Optional[ssl.SSLSession] = None
        if not config.ca:
            # The digest alone decides; without any pin nothing would, and `config.load` refuses that.
            self._context.check_hostname = False
            self._context.verify_mode = ssl.CERT_NONE
            if not config.pins:
                raise ConfigError("neither ca nor pin is configured")
        elif config.ca == SYSTEM_CA:
            self._context.load_default_certs()
        else:
            _load(self._context, config.ca)

    def wrap(self, plain: socket.socket, host: str) -> ssl.SSLSocket:
        """The connection over TLS. Raises Untrusted, OSError (ssl.SSLError among them)."""
        try:
            secure = self._context.wrap_socket(plain, server_hostname=host, session=self._session)
        except (ssl.CertificateError, ssl.SSLError) as error:
            self._session = None
            reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or str(error)
            raise Untrusted(_remedy(host, str(reason))) from error
        if self._pins and _digest(secure) not in self._pins:
            shown = _digest(secure)
            secure.close()
            raise Untrusted("{} shows the certificate sha256:{}, which is not pinned".format(host, shown))
        return secure

    def keep(self, secure: ssl.SSLSocket) -> None:
        """Notes the session, so that the next handshake is the short one."""
        try:
            # With pins alone each connection shows its certificate anew.
            self._session = None if self._pins else secure.session
        except (AttributeError, ValueError):
            self._session = None


def _at_least_1_2(context: ssl.SSLContext) -> None:
    versions = getattr(ssl, "TLSVersion", None)  # Python 3.7
    if versions is not None:
        context.minimum_version = versions.TLSv1_2
    else:
        context.options |= ssl.OP_NO_SSLv3 | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1


def _load(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError("ca={} is no file of PEM certificates: {}".format(path, reason)) from error


def _digest(secure: ssl.SSLSocket) -> str:
    return hashlib.sha256(secure.getpeercert(True) or b"").hexdigest()


def _remedy(host: str, reason: str) -> str:
    return "{} is not trusted ({}): is ca= the server's authority, and is the clock right?".format(host, reason)
