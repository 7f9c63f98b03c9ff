"""The AWS CLI as people start it; only the endpoint is ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from judges.installation import Installation
from receivers import REGION
from unit.app.served import PATIENCE

PROGRAM = (sys.executable, "-m", "awscli")


def typed(home: Installation, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What `aws` does with these words; `env` are more variables of its environment."""
    id_, secret = home.keys[home.account]
    settings = {
        "AWS_ACCESS_KEY_ID": id_, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": home.server.address, "AWS_PAGER": "", "AWS_DEFAULT_OUTPUT": "json", "AWS_MAX_ATTEMPTS": "1",
    }  # fmt: skip
    return subprocess.run(
        [*PROGRAM, *words],
        env={**os.environ, **settings, **env},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def aws(home: Installation, *words: str, **env: str) -> dict[str, Any]:
    """What `aws` prints, which must have worked."""
    done = typed(home, *words, **env)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)) if done.stdout.strip() else {}
