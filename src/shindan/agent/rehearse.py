"""`collect --dry-run`: everything that the agent would send, printed instead. Python 3.6 grammar."""

import argparse
import hashlib
import json
import sys
import zlib
from typing import Any, Dict, List

from shindan.agent import config as configuration
from shindan.agent import enrol, gather, hostfacts, identity
from shindan.agent.config import Config, ConfigError
from shindan.agent.cost import cost
from shindan.agent.errand import ALL, Errand
from shindan.agent.pressure import Limits, Pause
from shindan.agent.version import PROTOCOL, VERSION
from shindan.facts.wire import dumps

_HIDDEN = "(the token)"


def main(argv: List[str], path: str) -> int:
    """Enrolment, heartbeat and the lines of an inventory, one JSON object a line; how large it is goes to stderr."""
    parser = argparse.ArgumentParser(prog="shindan-agent collect --dry-run")
    parser.add_argument("--config", default=path, metavar="FILE")
    parser.add_argument("--root", default="", metavar="DIR")
    parser.add_argument("--kinds", default="", metavar="A,B")
    options = parser.parse_args(argv)
    config = _config(options.config)
    if options.root:
        config = config._replace(root=options.root)
    kinds = [kind.strip() for kind in options.kinds.split(",") if kind.strip()] or [ALL]
    try:
        _enrolment(config)
        _inventory(config, kinds)
    except OSError as error:
        sys.stderr.write("shindan-agent: {}\n".format(error))
        return 1
    return 0


def _config(path: str) -> Config:
    """As configured; a host without a configuration can be looked at, too."""
    try:
        return configuration.load(path)
    except ConfigError as error:
        sys.stderr.write("shindan-agent: {}; going on with the usual settings\n".format(error))
        return Config("(not configured)", "", 443)


def _enrolment(config: Config) -> None:
    """Without the token, which a terminal need not show."""
    about = hostfacts.about(config)
    machine = identity.Machine(about.host.get("machine", ""), *enrol.digests(config))
    said: Dict[str, Any] = enrol.request(config._replace(token=_HIDDEN), machine, about, False)
    _print({"enrolment": said, "to": config.endpoint})
    beat = {
        "protocol": PROTOCOL, "version": VERSION, "boot": machine.boot, "state": "IDLE", "detail": "", "skew": 0,
        "spool": {"bytes": 0, "batches": 0}, "inventory": "", "cost": cost(), "run": "", "release": "",
    }  # fmt: skip
    _print({"heartbeat": beat, "to": config.endpoint})


def _inventory(config: Config, kinds: List[str]) -> None:
    errand = Errand(
        "inventory", "", kinds, float(config.collector_seconds), 0.0, "", config.root, list(config.paths),
        config.arguments, "", [], [], 0, 0, 0.0, 0.0,
    )  # fmt: skip
    packer, size, count, digest = zlib.compressobj(9, zlib.DEFLATED, 31), 0, 0, hashlib.sha256()
    for fact in gather.inventory_facts(errand, Pause(Limits(0.0, 0.0))):
        line = dumps(fact).encode("utf-8") + b"\n"
        sys.stdout.buffer.write(line)
        digest.update(line)
        size += len(packer.compress(line))
        count += 1
    sys.stdout.flush()
    size += len(packer.flush())
    sys.stderr.write("{} lines, {} bytes when compressed, digest {}; nothing was sent\n".format(
        count, size, digest.hexdigest()))  # fmt: skip


def _print(said: Dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said, sort_keys=True) + "\n")
    sys.stdout.flush()
