"""Every kind of job, by name: the only list. Who adds a kind adds a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from shindan.engine.advance import advance
from shindan.engine.delivering import deliver, deliver_to
from shindan.engine.digesting import digest
from shindan.engine.exporting import EXPORT, export
from shindan.engine.fetching import FETCH, fetch
from shindan.engine.happening import DIGEST
from shindan.engine.jobs import Handler
from shindan.engine.meeting import meet
from shindan.engine.previewing import preview
from shindan.engine.reconcile import reconcile
from shindan.engine.refreshing import rejudge
from shindan.engine.reporting import report
from shindan.engine.silence import sweep
from shindan.engine.work import Work

_ALL: Mapping[str, Callable[[Work, Mapping[str, Any]], None]] = {
    "advance": advance,
    "deliver": deliver,
    "deliver_to": deliver_to,
    DIGEST: digest,
    EXPORT: export,
    FETCH: fetch,
    "meet": meet,
    "preview": preview,
    "reconcile": reconcile,
    "rejudge": rejudge,
    "report": report,
    "silence": sweep,
}


def handlers(work: Work) -> dict[str, Handler]:
    """The handlers with what they work with."""
    return {name: partial(handler, work) for name, handler in _ALL.items()}
