"""A run's report on paper: PDF, set by typst in a process of its own, whose memory goes with it."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from shindan.model.errors import ShindanError
from shindan.model.report import Report
from shindan.render.run_report_setter import NO_FONT
from shindan.render.run_report_shapes import Room
from shindan.render.run_report_view import view_of
from shindan.render.words import harmless

ROOM = Room(hosts=20, detailed=250, findings=20_000, brief=600_000, rows=3000, text=1500, numbers=300)
"""What paper has room for: typst holds a whole document, some 230 kB for each finding in full and 130 bytes for each
character."""

_HERE = Path(__file__).resolve().parent
_SECONDS = 300
_ADDRESSES = ("href", "record")
_FONTS = (
    "install one (Debian and Ubuntu: fonts-noto-cjk, RHEL: google-noto-sans-cjk-ttc-fonts), then ask again; "
    "HTML needs none"
)
_LONG = re.compile(r"[^\s\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]{40,}")


class NoPdf(ShindanError):
    """PDF reports need typst."""

    remedy = "pip install 'shindan[pdf]' on the server, and ask for the report again; HTML needs nothing"


def pdf(report: Report, language: str = "en") -> bytes:
    """The report as PDF. Raises NoPdf where typst, or a font with the language's letters, is missing."""
    if importlib.util.find_spec("typst") is None:
        raise NoPdf
    with tempfile.TemporaryDirectory(prefix="shindan-report-") as name:
        folder = Path(name)
        view = view_of(report, ROOM, language)
        (folder / "report.json").write_text(json.dumps(_plain(view), ensure_ascii=False), "utf-8", "replace")
        (folder / "report.typ").write_bytes((_HERE / "run_report.typ").read_bytes())
        _set(folder, language)
        return (folder / "report.pdf").read_bytes()


def _set(folder: Path, language: str) -> None:
    """Runs the setter: its own process, since it takes some 200 MB that would not come back to this one."""
    setter = [sys.executable, "-I", str(_HERE / "run_report_setter.py"), str(folder), language]
    try:
        done = subprocess.run(setter, capture_output=True, timeout=_SECONDS, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        raise NoPdf(f"setting the report took longer than {_SECONDS} s", remedy="ask for HTML") from None
    if done.returncode == NO_FONT:
        raise NoPdf("no font on the server has Japanese letters", remedy=_FONTS)
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise NoPdf(f"typst could not set the report: {why[0][:500]}", remedy="ask for HTML, and report this")


def _broken(word: re.Match[str]) -> str:
    """A long name with places where a line may end: zero-width spaces, which only the setter sees."""
    return "\u200b".join(word[0])


def _plain(value: object, name: str = "") -> object:
    """The view as JSON has it: records as objects, and every text made harmless."""
    if isinstance(value, str):
        return value if name in _ADDRESSES else _LONG.sub(_broken, harmless(value))
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        if names is not None:
            return {name: _plain(part, name) for name, part in zip(names, value, strict=True)}
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value
