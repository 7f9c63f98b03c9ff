"""Sets one report: `python run_report_setter.py FOLDER LANGUAGE`; report.typ and report.json in, report.pdf out.

Run as a program of its own, by path, so that nothing else of Shindan is loaded. Exit code 3: no font has the letters
that the language needs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

NO_FONT = 3
_NEEDS = {"ja"}
_KNOWN = (
    "Noto Sans CJK JP", "Source Han Sans JP", "Noto Sans JP", "IPAexGothic", "IPAPGothic", "IPAGothic", "TakaoPGothic",
    "VL PGothic", "Noto Serif CJK JP", "IPAexMincho", "IPAPMincho", "Droid Sans Fallback", "WenQuanYi Zen Hei",
    "Hiragino Sans", "Yu Gothic", "Meiryo",
)  # fmt: skip


def font(families: list[str]) -> str:
    """A family with Japanese letters among those that typst sees: a known one, or one of which fontconfig says so."""
    found = next((name for name in _KNOWN if name in families), "")
    return found or next((name for name in _said() if name in families), "")


def _said() -> list[str]:
    tool = shutil.which("fc-list")
    if tool is None:
        return []
    done = subprocess.run([tool, ":lang=ja", "family"], capture_output=True, timeout=30, text=True, errors="replace")
    return sorted(name for line in done.stdout.splitlines() for name in line.split(","))


def main(folder: Path, language: str) -> int:
    """Sets the report of a folder; typst may read nothing outside it."""
    import typst

    chosen = font(typst.Fonts().families())
    if not chosen and language in _NEEDS:
        return NO_FONT
    source, output = str(folder / "report.typ"), str(folder / "report.pdf")
    typst.compile(source, output=output, root=str(folder), sys_inputs={"cjk": chosen})
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
