"""Open files: what is left for agents' connections, and that the limit is raised where it may be."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from shindan.app.open_files import for_agents

CODE = """
import resource, sys
from shindan.app.open_files import raise_limit
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
print(raise_limit() == hard == resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("wanted", "limit", "kept"),
    [(10_000, 20_000, 10_000), (10_000, 4_096, 3_584), (10_000, 100, 1), (10_000, resource.RLIM_INFINITY, 10_000)],
    ids=["enough", "files are few", "hardly any", "no limit"],
)
def test_agents_keep_what_files_allow(wanted: int, limit: int, kept: int) -> None:
    assert for_agents(wanted, limit) == kept


def test_the_limit_is_raised_as_far_as_it_may_be() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
