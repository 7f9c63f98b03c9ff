"""Small worlds for tests of service and command line: a host's facts in a file, advisories in OSV form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shindan.facts.fact import Fact
from shindan.facts.wire import dumps
from shindan.service.feeds import FeedDesk

BOOKWORM = Fact(
    "platform",
    "os",
    {"id": "debian", "version_id": "12", "name": "Debian GNU/Linux 12 (bookworm)", "arch": "amd64", "family": "debian"},
)
TODAY = "2026-11-23T10:00:00Z"


def deb(name: str, version: str, **more: Any) -> Fact:
    """A dpkg package; source and version are its own unless said otherwise."""
    data = {"type": "deb", "version": version, "arch": "amd64", "source": name, "source_version": version}
    return Fact("package", name, {**data, **more})


def record(id_: str, package: str, fixed: str | None, **more: Any) -> dict[str, Any]:
    """An OSV record about one source package of Debian 12; without `fixed` no fix is known."""
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    return {
        "id": id_,
        "modified": TODAY,
        "published": TODAY,
        "summary": f"a flaw in {package}",
        "affected": [
            {
                "package": {"name": package, "ecosystem": more.pop("ecosystem", "Debian:12")},
                "ranges": [{"type": "ECOSYSTEM", "events": events}],
                **({"ecosystem_specific": {"urgency": more.pop("urgency")}} if "urgency" in more else {}),
            }
        ],
        **more,
    }


def write_facts(path: Path, facts: Iterable[Fact]) -> Path:
    """A file as `shindan collect --out` leaves it."""
    path.write_text("".join(dumps(fact) + "\n" for fact in facts), encoding="utf-8")
    return path


def write_json(path: Path, content: Any) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def import_records(data: Path, records: Iterable[Mapping[str, Any]], label: str = "") -> None:
    """Puts OSV records in force."""
    folder = data.parent / "incoming"
    folder.mkdir(exist_ok=True)
    FeedDesk(data).import_("osv", write_json(folder / f"{label or 'osv'}.json", list(records)), label=label)
