"""Golden records of feeds: `tests/feeds/NAME/input` parsed must give `tests/feeds/NAME/advisories.ndjson`.

    .venv/bin/python tests/feed_golden.py [NAME ...]

rewrites them; `git diff` is then the thing to read.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from shindan.feeds.base import Options
from shindan.feeds.feeds import FEEDS
from shindan.model.advisory import Affected, Record

FOLDER = Path(__file__).resolve().parent / "feeds"


def lines(records: Iterable[Record]) -> list[str]:
    """One JSON object a record: its kind, and what differs from the defaults."""
    return [json.dumps({"record": type(record).__name__, **_told(record)}, ensure_ascii=False) for record in records]


def parsed(name: str) -> list[str]:
    """The lines that a feed's input gives now."""
    feed = next(feed for feed in FEEDS if feed.name == name)
    return lines(feed.parse(FOLDER / name / "input", Options()))


def expected(name: str) -> list[str]:
    """The lines that it must give."""
    return (FOLDER / name / "advisories.ndjson").read_text(encoding="utf-8").splitlines()


def _told(record: object) -> dict[str, object]:
    told: dict[str, object] = {}
    for name, default in _fields(record):
        value = getattr(record, name)
        if value == default:
            continue
        if isinstance(value, tuple):
            told[name] = [_told(each) if _is_record(each) else each for each in value]
        else:
            told[name] = _told(value) if _is_record(value) else value
    return told


def _fields(record: object) -> list[tuple[str, object]]:
    """Names and defaults of a record's fields."""
    if isinstance(record, Affected):
        return [(name, Affected._field_defaults.get(name)) for name in Affected._fields]
    return [(field.name, field.default) for field in dataclasses.fields(record)]  # type: ignore[arg-type]


def _is_record(value: object) -> bool:
    return isinstance(value, Affected) or dataclasses.is_dataclass(value)


def main(names: list[str]) -> None:
    """Rewrites the golden records of these feeds, or of all that have an input."""
    for folder in sorted(FOLDER.iterdir()):
        if (folder / "input").is_dir() and (not names or folder.name in names):
            text = "".join(line + "\n" for line in parsed(folder.name))
            (folder / "advisories.ndjson").write_text(text, encoding="utf-8")
            print(f"tests/feeds/{folder.name}/advisories.ndjson")


if __name__ == "__main__":
    main(sys.argv[1:])
