"""CVSS vectors with their base scores, by the library `cvss`; each distinct vector is computed once."""

from __future__ import annotations

from functools import lru_cache

from shindan.model.advisory import Vector


def vector(source: str, text: str) -> Vector | None:
    """A vector string of CVSS 2, 3.0, 3.1 or 4.0 with its base score; None where it is no vector."""
    known = _scored(text.strip().strip("()"))
    return Vector(source, known[0], known[1], known[2]) if known else None


@lru_cache(maxsize=65536)
def _scored(text: str) -> tuple[str, str, float] | None:
    # The library is imported with the first vector: feeds without any need not wait for it.
    from cvss import CVSS2, CVSS3, CVSS4
    from cvss.exceptions import CVSSError

    try:
        if text.startswith("CVSS:4.0/"):
            return "4.0", text, float(CVSS4(text).base_score)
        if text.startswith("CVSS:3."):
            return text[5:8], text, float(CVSS3(text).scores()[0])
        return "2.0", text, float(CVSS2(text).scores()[0])
    except (CVSSError, ValueError, ArithmeticError, KeyError, IndexError):
        return None
