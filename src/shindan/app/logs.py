"""The log: one line an event on stderr, JSON unless a terminal reads it. What libraries log comes out the same way."""

from __future__ import annotations

import functools
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

import msgspec

# structlog loads rich for tracebacks in colour, 6 MB that a server never shows.
_ABSENT: Any = None
sys.modules.setdefault("rich", _ABSENT)
import structlog  # noqa: E402

if sys.modules.get("rich") is None:
    sys.modules.pop("rich", None)

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_QUIET = ("uvicorn", "httpx", "httpcore", "alembic", "dbos")
"""Libraries whose ordinary chatter says nothing that an event of ours does not."""


def begin(level: str, form: str, stream: TextIO | None = None) -> None:
    """Sets the log up for this process. `form` is auto, json or text."""
    stream = stream or sys.stderr
    text = form == "text" or (form == "auto" and stream.isatty())
    last: Any = structlog.dev.ConsoleRenderer(colors=stream.isatty()) if text else _as_json
    shape = [] if text else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            *shape,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    lines = structlog.WriteLogger(stream)
    _Logger.now = structlog.get_logger()
    _Logger.short = None if text or _LEVELS[level] > logging.INFO else lines
    logging.basicConfig(handlers=[_Bridge()], level=_LEVELS[level], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(_LEVELS[level], logging.WARNING))


def log() -> Any:
    """The logger: `log().info("server.listening", address=…)`."""
    return _Logger.now


def write(event: Mapping[str, Any]) -> None:
    """Takes an event of the API's door; server errors are errors, refusals ordinary."""
    bad = "trace" in event or int(event.get("status") or 0) >= 500
    if _Logger.short is not None and not bad:
        line = {"at": _now(), "level": "info", "event": event.get("event"), **event}
        _Logger.short.msg(msgspec.json.encode(line, enc_hook=str).decode())
        return
    fields = dict(event)
    name = str(fields.pop("event", "event"))
    (log().error if bad else log().info)(name, **fields)


def _now() -> str:
    """As structlog writes it: 2026-01-31T23:59:59.012345Z."""
    seconds, microseconds = divmod(time.time_ns() // 1000, 1_000_000)
    return f"{_second(seconds)}.{microseconds:06}Z"


@functools.lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class _Logger:
    """The logger in use, and where ordinary events go without its detours (None: nowhere): they are nearly all."""

    now: Any = structlog.get_logger()
    short: structlog.WriteLogger | None = None


class _Bridge(logging.Handler):
    """Hands records of the standard library's logging on, as events."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[0] is not None:
            fields["exc_info"] = record.exc_info
        try:
            log().log(record.levelno, record.getMessage(), **fields)
        except Exception:  # noqa: BLE001 - a log that cannot be written must not stop what it tells of
            self.handleError(record)


def _as_json(_: Any, __: str, event: Mapping[str, Any]) -> str:
    first = {"at": event.get("at"), "level": event.get("level"), "event": event.get("event")}
    return msgspec.json.encode({**first, **event}, enc_hook=str).decode()
