"""Rewrites the golden files of tests/: `facts.ndjson` of every fake host. `git diff` is then the thing to read."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from shindan.collect.command import collect_to

HOSTS = Path(__file__).resolve().parent.parent / "tests" / "hosts"


def facts_of(host: Path) -> bytes:
    """What `shindan collect --root` prints of a fake host: the folder `root` of its folder."""
    stream = io.BytesIO()
    collect_to(str(host / "root"), None, stream)
    return stream.getvalue()


def main(names: list[str]) -> int:
    """Rewrite the hosts of these names, or all; return 2 for a name that is none."""
    unknown = [name for name in names if not (HOSTS / name / "root").is_dir()]
    if unknown:
        print(f"no such host in {HOSTS}: {', '.join(unknown)}", file=sys.stderr)
        return 2
    for host in sorted(HOSTS.iterdir()):
        if (host / "root").is_dir() and (not names or host.name in names):
            golden = host / "facts.ndjson"
            written = facts_of(host)
            changed = not golden.exists() or golden.read_bytes() != written
            golden.write_bytes(written)
            print(f"{golden.relative_to(HOSTS.parent.parent)}: {'rewritten' if changed else 'as before'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
