"""What the running agent says of itself, and how a person reads it. Python 3.6 grammar."""

import json
import os
import sys
import time
from typing import Any, Dict, List

from shindan.agent import config as configuration
from shindan.agent import files, lock
from shindan.agent.version import VERSION

_NAME = "status.json"
_SIZE = 8192


def write(folder: str, values: Dict[str, Any]) -> None:
    """Keeps the newest values; a full disk does not matter here.

    Written over in place, in one piece of always the same size: to replace the file at each poll would make the file
    system write its journal each time, which costs more than the poll.
    """
    content = json.dumps(values, sort_keys=True).encode("utf-8").ljust(_SIZE)
    try:
        stream = os.open(os.path.join(folder, _NAME), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.pwrite(stream, content, 0)
            if len(content) > _SIZE:
                os.ftruncate(stream, len(content))
        finally:
            os.close(stream)
    except OSError:
        pass


def read(folder: str) -> Dict[str, Any]:
    """The values; a second look where the first came into a write. Raises files.Torn, OSError."""
    path = os.path.join(folder, _NAME)
    try:
        return files.load(path) or {}
    except files.Torn:
        time.sleep(0.2)
        return files.load(path) or {}


def show(path: str) -> int:
    """Prints `Key : value` lines; 0 where the agent runs and has had a contact, 1 where it cannot be contacted."""
    try:
        config = configuration.load(path)
        said = read(config.state)
        running = lock.holder(config.state) is not None
    except (configuration.ConfigError, files.Torn, OSError) as error:
        reason = "{} cannot be read: {} (run as root)".format(error.filename, error.strerror) \
            if isinstance(error, OSError) else str(error)  # fmt: skip
        sys.stderr.write("shindan-agent: the agent cannot be contacted: {}\n".format(reason))
        return 1
    if running:
        sys.stdout.write("".join("{} : {}\n".format(*pair) for pair in _pairs(config.endpoint, said)))
        return 0 if said.get("contact") else 1
    sys.stdout.write("Agent version : {}\nEndpoint : {}\n".format(VERSION, config.endpoint))
    sys.stderr.write("shindan-agent: the agent cannot be contacted: it does not run; start its service\n")
    return 1


def _pairs(endpoint: str, said: Dict[str, Any]) -> List[List[str]]:
    cost = said.get("cost") or {}
    spool = said.get("spool") or {}
    pairs = [
        ["Agent version", said.get("version", VERSION)],
        ["Endpoint", said.get("endpoint", endpoint)],
        ["Host", said.get("host") or "not enrolled yet"],
        ["Collecting", "true" if said.get("collecting") else "false"],
        ["State", said.get("state", "")],
        ["Last contact", _moment(said.get("contact"))],
        ["Clock skew", "{} s".format(said.get("skew", 0))],
        ["Spool", "{:,} bytes in {} batches".format(spool.get("bytes", 0), spool.get("batches", 0))],
        ["RSS", "{:,} kB (peak {:,} kB)".format(cost.get("rss_kb", 0), cost.get("peak_kb", 0))],
        ["CPU seconds", "{:.1f} in {} s".format(cost.get("cpu_ms", 0) / 1000.0, cost.get("uptime_s", 0))],
        ["Enrolled", _moment(said.get("enrolled"))],
        ["Update", said.get("update", "")],
    ]
    more = [["Run", said.get("run")], ["Detail", said.get("detail")]]
    return pairs + [pair for pair in more if pair[1]]


def _moment(ms: object) -> str:
    if not isinstance(ms, int) or not ms:
        return "never"
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ms // 1000))
