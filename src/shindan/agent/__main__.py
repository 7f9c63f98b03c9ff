"""`python3 -I -S shindan-agent.pyz run | enrol | collect | status | configure | version`. Python 3.6 grammar.

Each command loads its own modules only: the daemon's memory is what a host pays for.
"""

import sys
from typing import Callable, Dict, List

from shindan.agent.version import VERSION

USAGE = 2
"""Exit code of a bad command line or configuration."""

FAILED = 1

_HELP = """usage: shindan-agent COMMAND [OPTIONS]

  run          the agent itself, in the foreground; systemd or an init script starts it
  enrol        get a host id and a key from the server, unless there are good ones already
  collect      print this host's facts; --out FILE, --kinds A,B; --dry-run: all that would be sent
  status       what the running agent says of itself; 0 where it runs and has had a contact
  configure    write the configuration file
  version      this agent's version

--config FILE, after the command, names another configuration than {path}.
"""


def main(argv: List[str]) -> int:
    """The exit code."""
    command = _COMMANDS.get(argv[0]) if argv else None
    if command is None:
        asked = bool(argv) and argv[0] in ("help", "-h", "--help")
        (sys.stdout if asked else sys.stderr).write(_HELP.format(path=_path()))
        return 0 if asked else USAGE
    return command(argv[1:])


def _run(argv: List[str]) -> int:
    from shindan.agent.start import run

    return run(_only_config(argv))


def _enrol(argv: List[str]) -> int:
    from shindan.agent.start import enrol_now

    return enrol_now(_only_config(argv))


def _status(argv: List[str]) -> int:
    from shindan.agent.status import show

    return show(_only_config(argv))


def _configure(argv: List[str]) -> int:
    from shindan.agent.configure import main as configure

    return configure(argv, _path())


def _collect(argv: List[str]) -> int:
    if argv == ["--to-spool"]:
        from shindan.agent.gather import main as gather

        return gather()
    if "--dry-run" in argv:
        from shindan.agent.rehearse import main as rehearse

        return rehearse([word for word in argv if word != "--dry-run"], _path())
    from shindan.collect.command import main as collect

    return collect(argv)


def _version(argv: List[str]) -> int:
    if argv == ["--all"]:
        # What an update asks of a new agent before it trusts it with the host.
        from shindan.agent import gather, rehearse, start  # noqa: F401
    sys.stdout.write("shindan-agent {}\n".format(VERSION))
    return 0


def _only_config(argv: List[str]) -> str:
    """The configuration's path. Raises SystemExit for any other option."""
    if not argv:
        return _path()
    if len(argv) == 2 and argv[0] == "--config":
        return argv[1]
    if len(argv) == 1 and argv[0].startswith("--config="):
        return argv[0].partition("=")[2]
    sys.stderr.write("shindan-agent: nobody knows {}; only --config FILE may follow\n".format(" ".join(argv)))
    raise SystemExit(USAGE)


def _path() -> str:
    from shindan.agent.config import PATH

    return PATH


_COMMANDS: Dict[str, Callable[[List[str]], int]] = {
    "run": _run,
    "enrol": _enrol,
    "collect": _collect,
    "status": _status,
    "configure": _configure,
    "version": _version,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
