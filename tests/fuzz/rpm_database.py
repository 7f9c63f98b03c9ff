"""Coverage-guided fuzzing of the readers of rpm's databases: `python tests/fuzz/rpm_database.py CORPUS [libFuzzer options]`.

The first byte of an input chooses the form. See README.md beside this file.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "src"))

with atheris.instrument_imports(include=["shindan"]):
    from shindan.collect.packages_rpm import RpmPackages
    from shindan.collect.root import Root
    from shindan.collect.rpm_database import BERKELEY, NDB, SQLITE

FORMS = (BERKELEY, NDB, SQLITE)
HOST = tempfile.mkdtemp(prefix="shindan-fuzz-")
PLACE = Path(HOST, "var/lib/rpm")


def one_input(data: bytes) -> None:
    """One database: whatever it holds, packages and gaps are all that may come out."""
    name = FORMS[data[0] % len(FORMS)] if data else SQLITE
    (PLACE / name).write_bytes(data[1:])
    try:
        for fact in RpmPackages().collect(Root(HOST)):
            assert fact.kind in ("package", "gap")
    finally:
        os.unlink(PLACE / name)


if __name__ == "__main__":
    PLACE.mkdir(parents=True)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
