"""One line an event on stderr, which is the journal under systemd. Python 3.6 grammar.

The `logging` module would do the same for 1.1 MB of memory.
"""

import os
import sys
import time

_JOURNAL = "JOURNAL_STREAM" in os.environ


def log(event: str, **fields: object) -> None:
    """Writes `event key=value …`; never raises, whatever becomes of stderr."""
    words = [event] + ["{}={}".format(key, _shown(value)) for key, value in sorted(fields.items())]
    stamp = "" if _JOURNAL else time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime())
    try:
        sys.stderr.write("{}{}\n".format(stamp, " ".join(words)))
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def _shown(value: object) -> str:
    """On one line, whatever a server or a file put into it."""
    text = "".join(char if char.isprintable() else "?" for char in str(value))
    return '"{}"'.format(text.replace('"', "'")) if " " in text or not text else text
