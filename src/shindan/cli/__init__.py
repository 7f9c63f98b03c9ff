"""The command line: `shindan collect | scan | explain | feeds`.

Commands import what they work with when they run, not here: `--help` must answer at once.
"""

from __future__ import annotations

import sys

from shindan.cli.app import app
from shindan.cli.terminal import Interrupted, complain
from shindan.model.errors import ShindanError

INTERRUPTED = 130


def main() -> None:
    """Entry point of the `shindan` command: runs it and turns our errors into a message, a remedy and a code."""
    try:
        app(prog_name="shindan")
    except ShindanError as error:
        complain(str(error), error.remedy)
        sys.exit(1)
    except SystemExit as ended:
        # typer turns Ctrl-C into this code without a word.
        if ended.code == INTERRUPTED and not isinstance(ended, Interrupted):
            complain("interrupted; nothing half-done was left behind")
        raise
    except BrokenPipeError:
        # The reader went away (`| head`): a second failure while flushing at exit would be noise.
        sys.stdout = None
        sys.exit(0)
