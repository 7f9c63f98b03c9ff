"""Whether and when this agent gives way to a newer one. Python 3.6 grammar."""

import time

from shindan.agent import release
from shindan.agent.config import Config
from shindan.agent.link import Link, Unreachable
from shindan.agent.logs import log
from shindan.agent.probation import Probation
from shindan.agent.release import Unproven
from shindan.agent.state import State
from shindan.agent.update import Updater
from shindan.agent.version import VERSION

_DAY_MS = 24 * 3600 * 1000


class Updating:
    """`said` is one line for the status; what was refused is told to the server."""

    def __init__(self, config: Config, state: State, link: Link, probation: Probation) -> None:
        self._config = config
        self._state = state
        self._link = link
        self._probation = probation
        self._heard = ""

    def use(self, config: Config, link: Link) -> None:
        """From the next update on."""
        self._config, self._link = config, link

    @property
    def on_probation(self) -> bool:
        """Whether this agent has to prove itself."""
        return self._probation.is_on

    @property
    def refused(self) -> str:
        """`0.2.0: why`; empty where nothing was refused."""
        kept = self._state.refused
        return (
            "{}: {}".format(kept.get("version"), kept.get("reason"))[:500].encode("ascii", "replace").decode("ascii")
            if kept
            else ""
        )

    @property
    def said(self) -> str:
        """In words."""
        if not self._config.update:
            return "off"
        if self.refused:
            return "refused {}".format(self.refused)
        return "{} is to come".format(self._heard) if self._heard else "{} is the newest known".format(VERSION)

    def healthy(self) -> None:
        """The server has answered a poll."""
        self._probation.healthy()

    def hears_of(self, version: str) -> bool:
        """Whether the version that the server has should be fetched."""
        if not self._config.update or not release.is_newer(version, VERSION):
            self._heard = ""
            return False
        kept = self._state.refused
        if kept.get("version") == version:
            until = kept.get("until")
            if until == 0 or (isinstance(until, int) and time.time() * 1000 < until):
                return False
        self._heard = version
        return True

    def update(self) -> bool:
        """Whether a newer agent is in place and should be started now."""
        try:
            found = Updater(self._config.home, self._config.state, self._link).fetch()
        except Unproven as error:
            self._state.refuse(self._heard, str(error), int(time.time() * 1000) + _DAY_MS)
            log("update refused", version=self._heard, reason=error)
        except (Unreachable, OSError) as error:
            log("update failed", version=self._heard, reason=error)
        else:
            if found is not None:
                log("update placed", version=found.version)
            return found is not None
        return False

    def roll_back(self, reason: str, for_good: bool) -> bool:
        """Whether the agent before is in place and should be started now."""
        return self._probation.roll_back(self._state, reason, for_good)
