"""What one upload is: the header of a batch, as it is kept beside its lines and sent with each piece.

Python 3.6 grammar. Source: docs/agent-protocol.md, `POST /agent/v1/batches/{id}`.
"""

import json
import os
from typing import Any, Dict, List, NamedTuple

from shindan.agent import files

INVENTORY = "inventory"
SAMPLED = "sampled"


class Batch(NamedTuple):
    """`size` and `sha256` are of the compressed lines, `digest` and `lines` (a number) of the plain ones.

    `taken` is in ms. A `size` of 0 says: the same lines as those acknowledged before. `complete` is false where
    something was lost, and gaps among the lines say what. `last` ends a host's window in a run.
    """

    id: str
    run: str
    what: str
    kinds: List[str]
    size: int
    sha256: str
    digest: str
    lines: int
    taken: int
    part: int = 0
    complete: bool = True
    last: bool = True

    @property
    def name(self) -> str:
        """Of its files: sorts by age."""
        return "{:015d}-{:06d}-{}".format(self.taken, self.part, self.id)

    def header(self) -> str:
        """What goes with each piece: JSON in ASCII, at most 2 kB."""
        said = dict(self._asdict())
        del said["id"]
        said["count"] = said.pop("lines")
        return json.dumps(said, separators=(",", ":"), sort_keys=True)


_TYPES = {
    "id": str, "run": str, "what": str, "kinds": list, "size": int, "sha256": str, "digest": str, "lines": int,
    "taken": int, "part": int, "complete": bool, "last": bool,
}  # fmt: skip


def new_id() -> str:
    """32 hexadecimal digits that nobody has used."""
    return os.urandom(16).hex()


def read(values: Dict[str, Any]) -> Batch:
    """The batch of a kept header. Raises files.Torn."""
    wrong = [name for name, type_ in _TYPES.items() if type(values.get(name)) is not type_]
    if wrong or not files.is_hex(values["id"], 32) or not all(isinstance(kind, str) for kind in values["kinds"]):
        raise files.Torn("a batch's header lacks {}".format(", ".join(sorted(wrong)) or "an id, or kinds"))
    return Batch(**{name: values[name] for name in _TYPES})
