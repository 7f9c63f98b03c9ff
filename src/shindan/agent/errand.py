"""What a collecting child is sent to do: the request on its input, the result on its output. Python 3.6 grammar."""

import json
from typing import Any, Dict, List, NamedTuple

ALL = "*"
"""Instead of kinds: every kind that is collected once, whatever the collectors of this version know."""

STOPPED = 4
"""Exit code of a child that was asked to end before it had anything."""

TROUBLE = 1
"""Exit code of a child that could not write; its result says why."""


class Errand(NamedTuple):
    """`seconds` is the window's length for sampled kinds, and a collector's limit for an inventory.

    `digest` and `known` are digest and kinds of the inventory that the server holds, empty to send it whole. `notes`
    are told as gaps. `memory` and `cpu` are the limits of pressure. `scap` are the fields of `collect.scap_wanted`, or
    nothing.
    """

    what: str
    run: str
    kinds: List[str]
    seconds: float
    interval: float
    spool: str
    root: str
    paths: List[str]
    arguments: bool
    digest: str
    known: List[str]
    notes: List[str]
    lines: int
    bytes: int
    memory: float
    cpu: float
    scap: List[Any] = []


class Result(NamedTuple):
    """What a child has put into the spool; `trouble` is why it could not."""

    batches: int = 0
    lines: int = 0
    waited: float = 0.0
    trouble: str = ""


def written(one: Any) -> bytes:
    """A named tuple as JSON."""
    return json.dumps(one._asdict()).encode("utf-8")


def errand(content: bytes) -> Errand:
    """The errand of a request; it comes from the agent itself, of this version or one before. Raises ValueError."""
    values = json.loads(content.decode("utf-8"))
    values.setdefault("scap", [])
    return Errand(*[values[name] for name in Errand._fields])


def result(content: bytes) -> Result:
    """The result that a child printed; one that says nothing has done nothing."""
    try:
        values: Dict[str, Any] = json.loads(content.decode("utf-8"))
        return Result(**{name: values[name] for name in Result._fields})
    except (ValueError, KeyError, TypeError):
        return Result()
