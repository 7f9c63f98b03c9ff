"""The command line: `shindan collect | scan | explain | feeds`.

Commands import what they work with when they run, not here: `--help` must answer at once.
"""

from __future__ import annotations

import sys

from shindan.cli.app import app
from shindan.cli.terminal import Interrupted, complain
from shindan.model.errors import ShindanError

INTERRUPTED = 130
_UNKNOWN = "NoSuchEntityException"
"""How the API calls it that there is nothing of a name."""


def main() -> None:
    """Entry point of the `shindan` command: runs it and turns our errors into a message, a remedy and a code."""
    try:
        app(prog_name="shindan")
    except ShindanError as error:
        complain(str(error), error.remedy or _where_names_stand(error, sys.argv[1:2]))
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


def _where_names_stand(error: ShindanError, noun: list[str]) -> str:
    """For a name that is unknown: the command that lists what there is; "" for all else."""
    from shindan.cli.app import _Commands
    from shindan.cli.lazy import loaded

    if getattr(error, "type", "") != _UNKNOWN or not noun or noun[0] not in _Commands.places:
        return ""
    verbs = getattr(loaded(_Commands.places[noun[0]], noun[0]), "commands", {})
    return f"`shindan {noun[0]} list` says what there is" if "list" in verbs else ""
