"""Parts of records as the text that a column holds, and back."""

from __future__ import annotations

import json
from typing import Any

from shindan.model.advisory import Condition, Epss, Generation, Kev, Vector

_GENERATION_TEXTS = ("feed", "label", "digest", "created", "newest", "origin")
_GENERATION_NUMBERS = ("parser_version", "advisories", "rows", "enrichments")
_GENERATION_LISTS = ("platforms", "notes")
_KNOWS = ("states", "fixed", "enrichment")


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def pack(value: object) -> str:
    """Compact JSON of acyclic data; lone surrogates become `?`, for neither UTF-8 nor SQLite can hold them."""
    return storable(_encode(value))


def storable(text: str) -> str:
    """The text with every lone surrogate (hostile JSON can carry them) replaced by `?`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def pack_words(words: tuple[str, ...]) -> str:
    """Strings as one: by line, or as a JSON list where that would be ambiguous; none as the empty string."""
    if not words:
        return ""
    lines = "\n".join(words)
    if lines and not lines.startswith("[") and lines.count("\n") == len(words) - 1:
        return lines
    return pack(words)


def unpack_words(text: str) -> tuple[str, ...]:
    """See `pack_words`."""
    if not text:
        return ()
    if text[0] == "[":
        return tuple(json.loads(text))
    return tuple(text.split("\n")) if "\n" in text else (text,)


def pack_vectors(vectors: tuple[Vector, ...]) -> str:
    """CVSS vectors as a JSON list of lists; none as the empty string."""
    return pack([(v.source, v.version, v.vector, v.score) for v in vectors]) if vectors else ""


def unpack_vectors(text: str) -> tuple[Vector, ...]:
    """See `pack_vectors`."""
    return tuple(Vector(*fields) for fields in json.loads(text)) if text else ()


def pack_conditions(conditions: tuple[Condition, ...]) -> str:
    """Conditions as a JSON list of [kind, values]; none as the empty string."""
    return pack([(c.kind, c.values) for c in conditions]) if conditions else ""


def unpack_conditions(text: str) -> tuple[Condition, ...]:
    """See `pack_conditions`."""
    return tuple(Condition(kind, tuple(values)) for kind, values in json.loads(text)) if text else ()


def pack_kev(kev: Kev | None) -> str:
    """A KEV entry as a JSON list; None as the empty string."""
    return pack((kev.added, kev.due, kev.name, kev.action, kev.ransomware)) if kev else ""


def unpack_kev(text: str) -> Kev | None:
    """See `pack_kev`."""
    return Kev(*json.loads(text)) if text else None


def unpack_epss(score: float | None, percentile: float | None, date: str | None) -> Epss | None:
    """An EPSS entry from its three columns; all NULL means that there is none."""
    return None if date is None else Epss(score or 0.0, percentile or 0.0, date)


def generation_to_json(generation: Generation) -> dict[str, Any]:
    """A generation as a JSON object, with the fields of `Generation`."""
    names = (*_GENERATION_TEXTS, "knows", *_GENERATION_NUMBERS, *_GENERATION_LISTS)
    return {name: getattr(generation, name) for name in names}


def generation_from_json(data: Any) -> Generation:
    """A generation from its JSON object. Raises ValueError when it is not one."""
    if not isinstance(data, dict):
        raise ValueError("a generation must be an object")
    fields: dict[str, Any] = {name: _typed(data, name, str) for name in _GENERATION_TEXTS}
    fields.update({name: _typed(data, name, int) for name in _GENERATION_NUMBERS})
    for name in _GENERATION_LISTS:
        values = _typed(data, name, list)
        if not all(isinstance(value, str) for value in values):
            raise ValueError(f"{name} must hold strings")
        fields[name] = tuple(values)
    if data.get("knows") not in _KNOWS:
        raise ValueError(f"knows must be one of {', '.join(_KNOWS)}")
    digest = fields["digest"]
    # The digest becomes part of a file's name: a torn catalogue must not point outside the folder.
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError("digest must be 64 hexadecimal digits")
    return Generation(**fields, knows=data["knows"])


def _typed(data: dict[str, Any], name: str, kind: type) -> Any:
    value = data.get(name)
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be {kind.__name__}")
    return value
