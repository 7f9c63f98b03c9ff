"""Amazon resource names of the seven kinds of resource that the assessment API names.

Formats: the API's published identifiers are `0-` and eight characters of base 62; a child's name begins with its
parent's, so that the owner of a finding can be read off its name.
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from typing import Literal, Self

Kind = Literal["resourcegroup", "target", "template", "run", "finding", "exclusion", "rulespackage"]

_ALPHABET = string.digits + string.ascii_letters
_ID = re.compile(r"0-[A-Za-z0-9]{8}")
_HEAD = re.compile(r"arn:(aws|aws-us-gov|aws-cn):inspector:([a-z0-9-]{1,32}):([0-9]{12}):(.+)")
_PATHS: dict[tuple[str, ...], Kind] = {
    ("resourcegroup",): "resourcegroup",
    ("rulespackage",): "rulespackage",
    ("target",): "target",
    ("target", "template"): "template",
    ("target", "template", "run"): "run",
    ("target", "template", "run", "finding"): "finding",
    ("target", "template", "run", "exclusion"): "exclusion",
}
_WORDS: dict[Kind, tuple[str, ...]] = {kind: words for words, kind in _PATHS.items()}


@dataclass(frozen=True, slots=True)
class Arn:
    """One resource's name; `ids` are those of its ancestors and its own, outermost first."""

    region: str
    account: str
    kind: Kind
    ids: tuple[str, ...]
    partition: str = "aws"

    def __str__(self) -> str:
        path = "/".join(f"{word}/{id_}" for word, id_ in zip(_WORDS[self.kind], self.ids, strict=True))
        return f"arn:{self.partition}:inspector:{self.region}:{self.account}:{path}"

    @property
    def id(self) -> str:
        """The resource's own id."""
        return self.ids[-1]

    @property
    def parent(self) -> Self:
        """The resource that this one belongs to. Raises ValueError for one without a parent."""
        words = _WORDS[self.kind][:-1]
        if not words:
            raise ValueError(f"{self} has no parent")
        return type(self)(self.region, self.account, _PATHS[words], self.ids[:-1], self.partition)

    def child(self, kind: Kind, id_: str) -> Self:
        """A resource below this one. Raises ValueError where the kind does not belong there."""
        if _WORDS[kind][:-1] != _WORDS[self.kind]:
            raise ValueError(f"a {kind} does not belong to a {self.kind}")
        return type(self)(self.region, self.account, kind, (*self.ids, id_), self.partition)


def parse(text: str) -> Arn:
    """The name in `text`. Raises ValueError for what is none of the seven kinds."""
    head = _HEAD.fullmatch(text)
    if head is None:
        raise ValueError(f"not the name of an assessment resource: {text[:80]!r}")
    parts = head[4].split("/")
    words, ids = tuple(parts[0::2]), tuple(parts[1::2])
    kind = _PATHS.get(words)
    if kind is None or len(words) != len(ids) or not all(_ID.fullmatch(id_) for id_ in ids):
        raise ValueError(f"not the name of an assessment resource: {text[:80]!r}")
    return Arn(head[2], head[3], kind, ids, head[1])


def partition_of(region: str) -> str:
    """`aws`, or `aws-us-gov` and `aws-cn` for their regions."""
    return {"us-gov": "aws-us-gov", "cn": "aws-cn"}.get(region.rsplit("-", 2)[0], "aws")


def new_id() -> str:
    """A fresh identifier: `0-` and eight random characters of base 62 (47 bits)."""
    return "0-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def new_agent_id() -> str:
    """An id for a host outside EC2, of the form that EC2's have, for old code checks it: `i-` and 17 hex digits."""
    return f"i-{secrets.token_hex(9)[:17]}"
