"""Starts the agent, or enrols it in the foreground. Python 3.6 grammar."""

import os
import sys
from typing import Optional

from shindan.agent import child, enrol, files, hostfacts, identity
from shindan.agent.client import Client, Refused
from shindan.agent.clock import Clock
from shindan.agent.config import Config, ConfigError, load, owner_only, without_token
from shindan.agent.connect import link_to
from shindan.agent.daemon import Daemon
from shindan.agent.identity import Identity
from shindan.agent.link import Link, Unreachable
from shindan.agent.lock import Lock, Taken
from shindan.agent.logs import log
from shindan.agent.probation import Probation
from shindan.agent.signals import Signals
from shindan.agent.state import State
from shindan.agent.version import PROTOCOL, VERSION

_FAILED, _USAGE = 1, 2


def run(path: str) -> int:
    """`run`: until it is told to end; 0, 1 where another runs or the folder cannot be used, 2 for the configuration."""
    try:
        config = load(path)
        owner_only(path, lambda said: log("warning", reason=said))
        os.makedirs(config.state, 0o700, exist_ok=True)
        lock = Lock(config.state)
        state = State(config.state)
        probation = Probation(config.state, config.home)
        _prove(probation, state)
        _be_nice(config.nice)
        Daemon(config, Signals(), probation, state).run()
        del lock
    except ConfigError as error:
        return _say(str(error), _USAGE)
    except Taken as error:
        return _say(str(error), _FAILED)
    except OSError as error:
        return _say("{}: {}".format(error.filename or path, error.strerror or error), _FAILED)
    return 0


def enrol_now(path: str) -> int:
    """`enrol`: 0 where the host has a good identity now; prints one line."""
    try:
        config = load(path)
        os.makedirs(config.state, 0o700, exist_ok=True)
        link = link_to(config)
        about = hostfacts.about(config)
        machine = enrol.here(config, about)
        kept = _good(config, link, machine)
        if kept is not None:
            sys.stdout.write("enrolled already as {} at {}\n".format(kept.host, config.endpoint))
            return 0
        if not config.token:
            return _say("token= in {} is needed to enrol; `shindan agent-token create` on the server makes one".format(
                path), _FAILED)  # fmt: skip
        given = enrol.enrol(config, link, machine, about)
    except ConfigError as error:
        return _say(str(error), _USAGE)
    except (Refused, Unreachable) as error:
        return _say(str(error), _FAILED)
    except OSError as error:
        return _say("{}: {}".format(error.filename or path, error.strerror or error), _FAILED)
    if not config.keep_token and not without_token(config):
        log("token kept", path=path, reason="the file cannot be written: remove token= by hand")
    sys.stdout.write("enrolled as {} at {}\n".format(given.host, config.endpoint))
    return 0


def _good(config: Config, link: Link, machine: identity.Machine) -> Optional[Identity]:
    """The kept identity, if the server still takes its key; None to enrol anew. Raises Unreachable, OSError."""
    try:
        kept = identity.load(config.state)
    except files.Torn:
        return None
    if kept is None or kept.endpoint != config.endpoint or kept.is_copied(machine):
        return None
    state = State(config.state)
    client = Client(link, kept, Clock(), state.next_sequence, state.seen)
    try:
        client.poll({"protocol": PROTOCOL, "version": VERSION, "boot": machine.boot, "state": "IDLE",
                     "detail": "", "inventory": state.inventory.get("digest", "")})  # fmt: skip
    except Refused as error:
        return kept if error.is_busy else None
    return kept


def _prove(probation: Probation, state: State) -> None:
    """A new agent that came to nothing three times gives way, before anything else of it runs."""
    reason = probation.started()
    if reason is not None and probation.roll_back(state, reason, for_good=True):
        argv = child.program() + sys.argv[1:]
        os.execv(argv[0], argv)


def _be_nice(by: int) -> None:
    try:
        # Once, however often the agent starts itself again.
        os.nice(max(0, by - os.nice(0)))
    except OSError:
        pass


def _say(message: str, code: int) -> int:
    sys.stderr.write("shindan-agent: {}\n".format(message))
    return code
