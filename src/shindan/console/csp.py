"""Takes note of what browsers say was kept from happening on our pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

LARGEST = 16_384
MOST_A_MINUTE = 60
_FIELDS = (
    ("blocked", ("blocked-uri", "blockedURL")),
    ("directive", ("effective-directive", "effectiveDirective", "violated-directive")),
    ("page", ("document-uri", "documentURL")),
    ("source", ("source-file", "sourceFile")),
    ("line", ("line-number", "lineNumber")),
)


class Listener:
    """Logs reports, of both forms that browsers send (CSP level 3, 5.3; Reporting API); nobody can flood the log."""

    def __init__(self, log: Callable[[Mapping[str, Any]], None], clock: Callable[[], float]) -> None:
        self.count = 0
        self._log = log
        self._clock = clock
        self._minute, self._in_minute = 0, 0

    async def take(self, request: Request) -> Response:
        """Always 204: browsers have no use for more."""
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST:
                return Response(status_code=204)
        for report in _reports(bytes(body)):
            self.count += 1
            if self._may_log():
                self._log({"event": "console.csp", **report})
        return Response(status_code=204)

    def _may_log(self) -> bool:
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._in_minute = minute, 0
        self._in_minute += 1
        return self._in_minute <= MOST_A_MINUTE


def _reports(body: bytes) -> list[dict[str, str]]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return []
    given = said if isinstance(said, list) else [said]
    inner = [one.get("csp-report") or one.get("body") for one in given[:20] if isinstance(one, dict)]
    return [_fields(one) for one in inner if isinstance(one, dict)]


def _fields(report: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(next((report[key] for key in keys if key in report), ""))[:300] for name, keys in _FIELDS}
