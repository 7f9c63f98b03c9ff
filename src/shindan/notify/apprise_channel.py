"""Whatever apprise speaks: mail, Slack, Teams, and some 150 others, by an address of its own form.

Each message is sent by a process of its own (`apprise_child`): what apprise loads does not stay here, what it may do
is bounded there, and a receiver that never answers costs no more than the seconds below.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shindan.model.channel import Letter
from shindan.model.event import PublishStatus, Sent
from shindan.notify.base import Outside

SECONDS = 40.0
"""How long sending may take altogether."""

MISSING = "channels of this kind need apprise: pip install 'shindan[notify]' on the server"
_CHILD = Path(__file__).with_name("apprise_child.py")
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
_LASTING = (
    " is not public",
    " cannot send to this ",
    "speaks to the server's own",
    "takes no files",
    "may name no files",
)
"""What another try does not change."""


class Looked(NamedTuple):
    """What an address is: as it may be shown, the service's name, and whether it takes files."""

    shown: str
    service: str
    files: bool


class Unusable(Exception):
    """The address cannot be sent to; says why, without what is secret in it."""


class AppriseChannel:
    """Sends letters by apprise."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def look(self, address: str) -> Looked:
        """What an address is. Raises Unusable. Nothing is sent and nobody is asked."""
        if not _installed():
            raise Unusable(MISSING)
        answer = self._asked({"do": "look", "address": address})
        if "error" in answer:
            raise Unusable(str(answer["error"]))
        return Looked(str(answer["shown"])[:300], str(answer["service"])[:100], bool(answer["files"]))

    def post(self, address: str, letter: Letter) -> Sent:
        """Sends a letter once. Never raises for what apprise, the network or the receiver does."""
        if not _installed():
            return Sent("INTERNAL_ERROR", MISSING)
        with tempfile.TemporaryDirectory(prefix="shindan-letter-") as folder:
            files = []
            for number, one in enumerate(letter.files):
                path = Path(folder, f"{number}")
                path.write_bytes(one.content)
                files.append({"path": str(path), "name": one.name, "media_type": one.media_type})
            words = {"subject": letter.subject, "text": letter.text, "html": letter.html, "files": files}
            return _judged(self._asked({"do": "send", "address": address, **words}))

    def _asked(self, request: Mapping[str, Any]) -> dict[str, Any]:
        ca = str(self._outside.ca or "")
        bounds = {"networks": [str(network) for network in self._outside.networks], "ca": ca}
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        if ca:
            environment |= {"SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca}
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-B", str(_CHILD)], input=json.dumps({**request, **bounds}).encode(),
                capture_output=True, timeout=SECONDS, env=environment, cwd="/",
            )  # fmt: skip
            answer = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"error": f"it took longer than {SECONDS:.0f} seconds"}
        except (OSError, ValueError):
            return {"error": "the process that sends ended without an answer"}
        return answer if isinstance(answer, dict) else {"error": "the process that sends gave no answer"}


def _installed() -> bool:
    return importlib.util.find_spec("apprise") is not None


def _judged(answer: Mapping[str, Any]) -> Sent:
    if answer.get("arrived"):
        return Sent("SUCCESS")
    said = str(answer.get("error") or answer.get("said") or "the receiver did not take it")
    lasting = any(part in said for part in _LASTING)
    status: PublishStatus = "ACCESS_DENIED" if " is not public" in said else "INTERNAL_ERROR"
    return Sent(status, said, lasting=lasting)
