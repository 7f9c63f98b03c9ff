"""Sets one report: `python run_report_setter.py FOLDER`; report.typ and report.json in, report.pdf out.

Run as a program of its own, by path, so that nothing else of Shindan is loaded.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(folder: Path) -> None:
    """Sets the report of a folder; typst may read nothing outside it."""
    import typst

    typst.compile(str(folder / "report.typ"), output=str(folder / "report.pdf"), root=str(folder))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
