"""The protocol's signed requests: `docs/agent-protocol.md`. Python 3.6 grammar."""

import json
from typing import Any, Callable, Dict, Optional

from shindan.agent.clock import Clock
from shindan.agent.identity import Identity
from shindan.agent.link import REQUEST_SECONDS, Answer, Link, Stale, Unreachable
from shindan.agent.sign import signed
from shindan.agent.version import PROTOCOL, VERSION

USER_AGENT = "shindan-agent/" + VERSION
_MOST_TOLD = 500


class Refused(Exception):
    """The server understood and said no: HTTP status, the protocol's error word, and all that came with it."""

    def __init__(self, status: int, said: Dict[str, Any], retry_after: float = 0.0) -> None:
        code, message = said.get("error"), said.get("message")
        self.status = status
        self.code = code if isinstance(code, str) else ""
        self.said = said
        self.retry_after = retry_after
        told = message if isinstance(message, str) else ""
        super().__init__("{} {}: {}".format(status, self.code, told)[:_MOST_TOLD])

    @property
    def is_busy(self) -> bool:
        """Whether the same request may be taken later."""
        return self.status in (429, 500, 502, 503, 504, 507)


class Client:
    """Signs with the agent's key and a rising sequence; what a clock or a lost state gets wrong is mended once."""

    def __init__(
        self,
        link: Link,
        identity: Identity,
        clock: Clock,
        next_sequence: Callable[[], int],
        seen: Callable[[int], None],
    ) -> None:
        """`seen` is told a sequence number that the server has seen, above which the next must lie."""
        self._link = link
        self._identity = identity
        self._clock = clock
        self._next_sequence = next_sequence
        self._seen = seen

    def poll(self, body: Dict[str, Any], seconds: float = REQUEST_SECONDS) -> Dict[str, Any]:
        """The server's answer to a heartbeat. Raises Refused, Unreachable."""
        content = json.dumps(body, separators=(",", ":")).encode("utf-8")
        return self.call("POST", "/agent/v1/poll", "", content, {"content-type": "application/json"}, seconds)

    def call(
        self,
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        headers: Optional[Dict[str, str]] = None,
        seconds: float = REQUEST_SECONDS,
    ) -> Dict[str, Any]:
        """A signed request's answer. Raises Refused, Unreachable."""
        mended = set()
        while True:
            try:
                return self._once(method, path, query, body, headers or {}, seconds)
            except Stale:
                reason = "Stale"
                if reason in mended:
                    raise
            except Refused as error:
                reason = error.code
                if reason in mended or not self._mend(error):
                    raise
            mended.add(reason)

    def _mend(self, error: Refused) -> bool:
        if error.code == "ClockSkew":
            return self._clock.correct(error.said.get("now"))
        last = error.said.get("sequence")
        if error.code == "SequenceSeen" and isinstance(last, int) and 0 <= last < 10**15:
            self._seen(last)
            return True
        return False

    def _once(
        self, method: str, path: str, query: str, body: bytes, headers: Dict[str, str], seconds: float
    ) -> Dict[str, Any]:
        sent = dict(headers)
        sent["host"] = self._link.authority
        sent["x-shindan-sequence"] = str(self._next_sequence())
        me = self._identity
        ready = signed(method, path, query, sent, body, me.key_id, me.secret, me.region, self._clock.now())
        ready["user-agent"] = USER_AGENT
        target = path + ("?" + query if query else "")
        return understood(self._link.request(method, target, ready, body, seconds=seconds))


def understood(answer: Answer) -> Dict[str, Any]:
    """What an answer of the protocol says. Raises Refused, and Unreachable for what is no such answer."""
    try:
        said = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or (said.get("protocol") != PROTOCOL and answer.status != 426):
        raise Unreachable("status {}, and no answer of the agents' protocol".format(answer.status))
    if answer.status != 200:
        raise Refused(answer.status, said, _seconds(answer.headers.get("retry-after", "")))
    return said


def _seconds(text: str) -> float:
    return float(text) if text.isdigit() and len(text) < 7 else 0.0
