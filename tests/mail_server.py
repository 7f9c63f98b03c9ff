"""A mail server on loopback that keeps what it gets (aiosmtpd), for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


@dataclass
class Mailbox:
    """`refuse` is what the server says to every mail instead of taking it."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    refuse: str = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Called by aiosmtpd with each mail."""
        if self.refuse:
            return self.refuse
        self.raw.append(envelope.content)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        """Takes every password but `wrong`."""
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password != b"wrong-password")


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A server at `127.0.0.1:PORT` that takes a name and a password."""
    made = Mailbox()
    controller = _Anywhere(made, hostname="127.0.0.1", port=0, authenticator=made.login, auth_require_tls=False)
    controller.start()
    made.port = controller.bound
    try:
        yield made
    finally:
        controller.stop()


class _Anywhere(Controller):
    """A controller that does not knock at port 0 to see whether it is there."""

    bound = 0

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.bound = self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
