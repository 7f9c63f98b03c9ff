"""`python -m shindan.app`: the server's own process image, which `shindan serve` becomes.

The command line's libraries (typer and what it brings) are 20 MB that a server would carry for as long as it runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from shindan.app.serving import serve_from
from shindan.model.errors import ShindanError


def main() -> None:
    """Serves with options that `shindan serve` has checked; an error is told as every command tells it."""
    parser = argparse.ArgumentParser(prog="shindan serve", add_help=False, allow_abbrev=False)
    for option in ("--data", "--listen", "--cert", "--key"):
        parser.add_argument(option)
    parser.add_argument("--insecure", action="store_true")
    said = parser.parse_args()
    try:
        serve_from(
            Path(said.data) if said.data else None,
            insecure=said.insecure,
            say=lambda text: print(text, file=sys.stderr, flush=True),
            listen=said.listen,
            certificate=said.cert,
            certificate_key=said.key,
        )
    except ShindanError as error:
        print(f"shindan: {error}", file=sys.stderr)
        if error.remedy:
            print(f"         {error.remedy}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
