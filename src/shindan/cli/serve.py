"""`shindan serve`: the whole service in one process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from shindan.cli.options import ServiceDataOption


def serve(
    data: ServiceDataOption = None,
    listen: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Where to listen; by default 127.0.0.1:8443.", show_default=False),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--cert", metavar="FILE", help="A certificate of your own, with its chain (PEM).", show_default=False
        ),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Its private key (PEM).", show_default=False)
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Speak plain HTTP, even where other machines can reach it.")
    ] = False,
) -> None:
    """Run the service: API, console, background work and timetables, in one process.

    It needs `shindan init` first. Everything else is set in DATA/shindan.toml or by SHINDAN_… variables
    (docs/serve.md). SIGTERM ends it when what is going on has ended, SIGHUP reads the certificate again.

    Exit codes: 0 it was asked to stop, 1 it could not begin, with the reason.

    Examples: shindan serve      shindan serve --listen 0.0.0.0:8443 --cert site.pem --key site.key
    """
    if (certificate is None) != (key is None):
        raise typer.BadParameter("--cert and --key belong together: give both or neither")
    options = {"--data": data, "--listen": listen, "--cert": certificate, "--key": key}
    given = [text for name, value in options.items() if value is not None for text in (name, str(value))]
    # The same process goes on as another program, without what the command line has loaded (see there).
    sys.stdout.flush()
    sys.stderr.flush()
    program = [sys.executable, "-m", "shindan.app", *given, *(["--insecure"] if insecure else [])]
    # glibc gives each of a dozen threads a heap of its own, which are 2 MB and more that lie about.
    environment = {"MALLOC_ARENA_MAX": "2", **os.environ}
    os.execve(sys.executable, program, environment)  # noqa: S606 - no shell wanted
