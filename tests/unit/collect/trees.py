"""Small fake hosts for tests: files, links and pipes below a folder; and dpkg's entries."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from shindan.collect.base import Collector
from shindan.collect.collectors import default_kinds, run
from shindan.collect.root import Root
from shindan.facts.configured import CONFIGURED
from shindan.facts.fact import Fact, check
from shindan.facts.wire import dumps

STATUS = "var/lib/dpkg/status"
INVENTORY = sorted(set(default_kinds()) - CONFIGURED)
"""What is installed, not how it is set up."""

OS_RELEASE = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'


def tree(folder: Path, files: Mapping[str, str | bytes]) -> Root:
    """Writes files by their path; `-> target` as the content makes a symbolic link."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content.startswith("-> "):
            path.symlink_to(content[3:])
        else:
            path.write_text(content, encoding="utf-8", newline="")
    return Root(os.fspath(folder))


def configured(root: Path) -> bytes:
    """How a fake host is set up, as far as that is the same for whoever unpacked it; what is not there is left out."""
    kinds = ["text", "unit", "account", "group", "kernel_module", "boot", "crypto_policy"]
    facts = (fact for fact in run(Root(os.fspath(root)), kinds) if not _says_nothing(fact))
    return b"".join(dumps(fact).encode() + b"\n" for fact in facts)


def _says_nothing(fact: Fact) -> bool:
    data = fact.data
    return bool(data.get("absent") or data.get("pattern")) or (fact.kind == "kernel_module" and not any(data.values()))


def entry(
    name: str, version: str = "1.0-1", *more: str, arch: str = "amd64", status: str = "install ok installed"
) -> str:
    """One stanza of dpkg's status file; `more` are further lines."""
    lines = [f"Package: {name}", f"Status: {status}", f"Architecture: {arch}", *more, f"Version: {version}"]
    return "\n".join([*lines, "Description: made up", " and folded", "", ""])


def gather(collector: Collector, root: Root) -> list[Fact]:
    """A collector's facts; each is well-formed and of a kind that the collector names, or a gap."""
    facts = list(collector.collect(root))
    assert [check(fact) for fact in facts if check(fact)] == []
    assert {fact.kind for fact in facts} <= {*collector.kinds, "gap"}
    return facts
