"""Enrolment: a token goes to the server, a host id and a key come back. Python 3.6 grammar."""

import json
import os
import re
import time
from typing import Any, Dict, Optional, Tuple

from shindan.agent import files, identity, instance
from shindan.agent.client import USER_AGENT, understood
from shindan.agent.config import Config
from shindan.agent.hostfacts import About
from shindan.agent.identity import Identity, Machine
from shindan.agent.link import Link, Unreachable
from shindan.agent.version import PROTOCOL, VERSION

_WORD = re.compile(r"^[\x21-\x7e]{1,200}$")


def here(config: Config, about: About) -> Machine:
    """The machine that this agent runs on. A host without a machine id is known by one that the agent draws."""
    machine = about.host.get("machine", "")
    if not files.is_hex(machine, 32):
        machine = _drawn(config)
    return Machine(machine, *digests(config))


def digests(config: Config) -> Tuple[str, str]:
    """Of this boot, and of the hardware."""
    return identity.boot(config.root), identity.hardware(config.root)


def enrol(config: Config, link: Link, machine: Machine, about: About, anew: bool = False) -> Identity:
    """A new identity, kept on disk. Raises Refused, Unreachable, OSError where it cannot be kept.

    `anew` asks for an identity of its own even if the server knows the machine.
    """
    body = json.dumps(request(config, machine, about, anew), ensure_ascii=False).encode("utf-8", "replace")
    headers = {"host": link.authority, "content-type": "application/json", "user-agent": USER_AGENT}
    said = understood(link.request("POST", "/agent/v1/enrol", headers, body))
    given = _identity(config, machine, said)
    if given is None:
        raise Unreachable("the answer to enrolment lacks host, region or key")
    identity.save(config.state, given)
    return given


def request(config: Config, machine: Machine, about: About, anew: bool) -> Dict[str, Any]:
    """What enrolment tells the server."""
    return {
        "protocol": PROTOCOL,
        "version": VERSION,
        "token": config.token,
        "machine": machine.machine,
        "boot": machine.boot,
        "hardware": machine.hardware,
        "hostname": about.host.get("hostname", ""),
        "tags": config.tags,
        "instance": instance.instance(config.metadata),
        "anew": anew,
        "platform": {name: about.platform.get(name, "") for name in ("id", "version_id", "arch", "name")},
    }


def _identity(config: Config, machine: Machine, said: Dict[str, Any]) -> Optional[Identity]:
    key = said.get("key")
    key = key if isinstance(key, dict) else {}
    words = [said.get("host"), said.get("region"), key.get("id"), key.get("secret")]
    if not all(isinstance(word, str) and _WORD.match(word) for word in words):
        return None
    host, region, key_id, secret = (str(word) for word in words)
    return Identity(
        host, region, key_id, secret, config.endpoint, machine.machine, machine.hardware, int(time.time() * 1000)
    )


def _drawn(config: Config) -> str:
    """Kept in the state folder. Raises OSError."""
    path = config.state + "/machine"
    kept = files.first_line(path)
    if not files.is_hex(kept, 32):
        kept = identity.digest("host", os.urandom(16).hex())
        files.replace(path, kept.encode("ascii") + b"\n")
    return kept
