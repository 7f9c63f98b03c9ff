"""What a server's answer may ask for, made safe: kinds of facts, times and limits; nothing else. 3.6 grammar.

Nothing here trusts the server: a hostile one can make the agent collect facts, and not more often than it should.
"""

import re
from typing import Any, Dict, List, NamedTuple, Optional

_KIND = re.compile("^[a-z][a-z0-9_]{0,63}$")
_RUN = re.compile(r"^[\x21-\x7e]{1,400}$")
_MOST_KINDS = 100
_LONGEST_WINDOW = 25 * 3600.0


class Order(NamedTuple):
    """Inventory `kinds` and `sampled` kinds of a run.

    `seconds` are left of its window, `interval` seconds lie between two looks. `scap` names SCAP content to evaluate:
    `content`, a file's name; `profile`; `sha256`, which may be empty. Empty: none.
    """

    run: str
    kinds: List[str]
    sampled: List[str]
    seconds: float
    interval: float
    scap: Dict[str, str] = {}


class Limits(NamedTuple):
    """How much the server takes: bytes of a piece and of a batch, lines of a batch."""

    piece: int = 256 * 1024
    batch: int = 64 * 1024 * 1024
    lines: int = 200000


def order(said: Dict[str, Any]) -> Optional[Order]:
    """The order in an answer to a poll; None where there is none, or none that makes sense."""
    given = said.get("order")
    if not isinstance(given, dict):
        return None
    run = given.get("run")
    if not isinstance(run, str) or not _RUN.match(run):
        return None
    left = (_number(given.get("until")) - _number(said.get("now"))) / 1000.0
    return Order(
        run,
        _kinds(given.get("kinds")),
        _kinds(given.get("sampled")),
        min(max(0.0, left), _LONGEST_WINDOW),
        min(max(1.0, _number(given.get("interval")) or 10.0), 3600.0),
        _scap(given.get("plan")),
    )


def limits(said: Dict[str, Any]) -> Limits:
    """The limits in an answer, or the usual ones."""
    given = said.get("limits")
    usual = Limits()
    if not isinstance(given, dict):
        return usual
    return Limits(
        int(min(max(1024, _number(given.get("part_bytes")) or usual.piece), usual.piece)),
        int(min(max(64 * 1024, _number(given.get("batch_bytes")) or usual.batch), usual.batch)),
        int(min(max(100, _number(given.get("lines")) or usual.lines), usual.lines)),
    )


def pause(said: Dict[str, Any]) -> float:
    """Seconds until the next poll: at least one, at most 15 minutes."""
    return min(max(1.0, _number(said.get("next")) or 60.0), 900.0)


def newer(said: Dict[str, Any]) -> str:
    """The version that the server has for agents; empty where it says none."""
    given = said.get("update")
    version = given.get("version") if isinstance(given, dict) else None
    return version if isinstance(version, str) and len(version) <= 64 else ""


def _scap(plan: object) -> Dict[str, str]:
    """Names alone; whether the host has such content, and may use it, is its own business."""
    given = plan.get("scap") if isinstance(plan, dict) else None
    if not isinstance(given, dict):
        return {}
    words = {key: given.get(key, "") for key in ("content", "profile", "sha256")}
    return words if all(isinstance(word, str) and len(word) <= 200 for word in words.values()) else {}


def _kinds(given: object) -> List[str]:
    if not isinstance(given, list):
        return []
    return sorted({kind for kind in given if isinstance(kind, str) and _KIND.match(kind)})[:_MOST_KINDS]


def _number(value: object) -> float:
    """A finite number, else 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return 0.0
    return float(value) if abs(value) < 1e15 else 0.0
