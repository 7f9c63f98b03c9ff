"""`python -m shindan.cli`: the same as the command `shindan`."""

from __future__ import annotations

from shindan.cli import main

if __name__ == "__main__":
    main()
