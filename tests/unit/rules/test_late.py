"""A server without a run holds no rules and no matcher: names are known, the rest is loaded by whoever evaluates."""

from __future__ import annotations

import subprocess
import sys

_LOOK = """
import sys
from pathlib import Path
import shindan.engine.handlers, shindan.engine.wants, shindan.app.worker, shindan.app.server
from shindan.app.judges import judges
from shindan.rules.packages import HOST_PACKAGES
made = judges(Path("/nowhere"), lambda: None)
assert set(made) == {"cve", *HOST_PACKAGES} and set(shindan.engine.wants.WANTS) == set(made)
assert all(made[name].state() for name in HOST_PACKAGES)
assert "shindan.service.feed_supply" not in sys.modules and "shindan.service.judging" not in sys.modules
loaded = [name for name in sys.modules if name.startswith("shindan.rules.")]
print(*loaded)
with made["practices"].begin():
    assert "shindan.rules.practices.package" in sys.modules
assert "shindan.rules.catalog" not in sys.modules and "shindan.rules.network.package" not in sys.modules
"""


def test_rules_are_loaded_by_whoever_evaluates() -> None:
    done = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    for name in (
        "catalog",
        "ways",
        "checks.checks",
        "cis.package",
        "network.package",
        "practices.package",
        "cve.match",
    ):
        assert f"shindan.rules.{name}" not in loaded
    assert len(loaded) <= 30, sorted(loaded)
