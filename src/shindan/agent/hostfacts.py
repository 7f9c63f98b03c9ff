"""What the host is called and which system it runs, asked of the collectors in a child. Python 3.6 grammar."""

from typing import Any, Dict, List, NamedTuple, Optional

from shindan.agent import child
from shindan.agent.config import Config
from shindan.agent.logs import log
from shindan.facts.wire import loads

_SECONDS = 60.0


class About(NamedTuple):
    """The data of the facts `platform` and `host`; empty where nobody could look."""

    platform: Dict[str, Any]
    host: Dict[str, Any]


def about(config: Config, command: Optional[List[str]] = None) -> About:
    """Never raises: a host that cannot be read is enrolled without a name, and its gaps come with its facts."""
    found: Dict[str, Dict[str, Any]] = {}
    arguments = ["collect", "--kinds", "platform,host", "--root", config.root]
    try:
        for line in child.finished(child.spawn(arguments, command=command), _SECONDS).splitlines():
            fact = loads(line)
            found[fact.kind] = fact.data
    except (OSError, ValueError) as error:
        log("host unknown", reason=error)
    return About(found.get("platform", {}), found.get("host", {}))
