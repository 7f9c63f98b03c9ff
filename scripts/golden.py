"""Rewrites the golden files of tests/; `git diff` is then the thing to read.

`facts.ndjson` of every fake host, `advisories.ndjson` of every feed's input, and the sample result in every form.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from shindan.collect.collectors import default_kinds
from shindan.collect.command import collect_to
from shindan.facts.configured import CONFIGURED

TESTS = Path(__file__).resolve().parent.parent / "tests"
HOSTS = TESTS / "hosts"
CONFIGURED_HOSTS = TESTS / "configured"
RENDERED = TESTS / "golden" / "render"


def facts_of(host: Path) -> bytes:
    """What `shindan collect --root` prints of a fake host: the folder `root` of its folder."""
    stream = io.BytesIO()
    collect_to(str(host / "root"), sorted(set(default_kinds()) - CONFIGURED), stream)
    return stream.getvalue()


def rewrite(golden: Path, written: bytes) -> None:
    """Replaces one golden file and says whether it changed."""
    changed = not golden.exists() or golden.read_bytes() != written
    golden.write_bytes(written)
    print(f"{golden.relative_to(TESTS.parent)}: {'rewritten' if changed else 'as before'}")


def rewrite_results() -> None:
    """The sample result in every form."""
    sys.path.insert(0, str(TESTS))
    from results import GOLDEN, rendered

    RENDERED.mkdir(parents=True, exist_ok=True)
    for name in GOLDEN:
        rewrite(RENDERED / name, rendered(name).encode())


def rewrite_fleets() -> None:
    """The sample fleet in every form."""
    sys.path.insert(0, str(TESTS))
    from fleets import GOLDEN, small, written

    (TESTS / "golden" / "fleet").mkdir(parents=True, exist_ok=True)
    for name, form in GOLDEN.items():
        rewrite(TESTS / "golden" / "fleet" / name, written(form, small()).encode())


def rewrite_advisories() -> None:
    """The records of every feed's input."""
    sys.path.insert(0, str(TESTS))
    import feed_golden

    feed_golden.main([])


def main(names: list[str]) -> int:
    """Rewrite the hosts of these names, or all and the results; return 2 for a name that is none."""
    unknown = [name for name in names if not (HOSTS / name / "root").is_dir()]
    if unknown:
        print(f"no such host in {HOSTS}: {', '.join(unknown)}", file=sys.stderr)
        return 2
    for host in sorted(HOSTS.iterdir()):
        if (host / "root").is_dir() and (not names or host.name in names):
            rewrite(host / "facts.ndjson", facts_of(host))
    for host in sorted(CONFIGURED_HOSTS.iterdir()) if not names else ():
        sys.path.insert(0, str(TESTS))
        from unit.collect.trees import configured

        rewrite(host / "facts.ndjson", configured(host / "root"))
    if not names:
        rewrite_results()
        rewrite_fleets()
        rewrite_advisories()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
