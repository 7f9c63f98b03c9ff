"""A worker for tests that kill it: `python tests/job_worker.py ADDRESS FOLDER FILE`. Its one job never ends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shindan.engine.jobs_dbos import DbosJobs
from shindan.store.database import Database


def main(address: str, folder: Path, file: Path) -> None:
    """Notes that the job began, and holds it."""

    def hold(args: Mapping[str, Any]) -> None:
        with file.open("a") as stream:
            stream.write(f"{args['what']}\n")
        threading.Event().wait()

    jobs = DbosJobs(Database(address), folder, poll=0.1, beat=0.5, dead_after=2)
    jobs.start({"hold": hold})
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
