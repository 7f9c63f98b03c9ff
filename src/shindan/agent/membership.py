"""Who this agent is to its server: identity and key, from enrolment to their end. Python 3.6 grammar."""

from typing import Optional

from shindan.agent import config as configuration
from shindan.agent import enrol, files, hostfacts, identity
from shindan.agent.client import Client, Refused
from shindan.agent.clock import Clock
from shindan.agent.config import Config
from shindan.agent.connect import link_to
from shindan.agent.identity import Identity
from shindan.agent.logs import log
from shindan.agent.state import State


class Membership:
    """The link to the server, and the client that signs on it once there is a key."""

    def __init__(self, config: Config, state: State) -> None:
        """Raises ConfigError, OSError."""
        self._config = config
        self._state = state
        self._about = hostfacts.about(config)
        self.machine = enrol.here(config, self._about)
        self.clock = Clock()
        self.link = link_to(config)
        self.fault = ""
        self.identity: Optional[Identity] = None
        self._client: Optional[Client] = None
        self._anew = False
        self._know(self._kept())

    @property
    def host(self) -> str:
        """The host's id; empty before enrolment."""
        return self.identity.host if self.identity else ""

    @property
    def may_enrol(self) -> bool:
        """Whether there is no key, but a token that may get one."""
        return self._client is None and bool(self._config.token)

    def client(self) -> Client:
        """Enrols first where that is needed. Raises Refused, Unreachable, OSError."""
        if self._client is None:
            self._enrol()
        assert self._client is not None
        return self._client

    def forget(self, anew: bool = False) -> None:
        """The key is of no use any more; the file stays until there is another. `anew`: under an id of its own.

        Without a token a key that was refused is tried on, now and then; one that a clone uses is not.
        """
        if not anew and not self._config.token:
            return
        self._anew = self._anew or anew
        self._know(None)

    def use(self, config: Config) -> None:
        """A changed configuration. Raises ConfigError, and goes on as before."""
        link = link_to(config)
        self.link.close()
        self._config, self.link = config, link
        self._know(self.identity or self._kept())

    def _enrol(self) -> None:
        if not self._config.token:
            wanted = "token= in {} is needed to enrol; see `shindan agent-token create` on the server"
            raise Refused(401, {"error": "NoToken", "message": wanted.format(self._config.path)})
        given = enrol.enrol(self._config, self.link, self.machine, self._about, self._anew)
        log("enrolled", host=given.host)
        self._anew = False
        self.fault = ""
        self._state.holds_nothing()
        self._know(given)
        if not self._config.keep_token:
            if not configuration.without_token(self._config):
                log("token kept", path=self._config.path, reason="the file cannot be written: remove token= by hand")
            self._config = self._config._replace(token="")

    def _know(self, who: Optional[Identity]) -> None:
        self.identity = who
        self._client = None
        if who is not None:
            self._client = Client(self.link, who, self.clock, self._state.next_sequence, self._state.seen)

    def _kept(self) -> Optional[Identity]:
        """The identity on disk, unless it is another machine's or another server's."""
        try:
            kept = identity.load(self._config.state)
        except files.Torn as error:
            log("identity unreadable", reason=error)
            return None
        if kept is not None and kept.is_copied(self.machine):
            log("clone noticed", host=kept.host, reason="the key was given to another machine; enrolling anew")
            self.fault = "this is a copy of another machine, whose key is not used"
            return None
        if kept is not None and kept.endpoint != self._config.endpoint and self._config.token:
            log("other server", before=kept.endpoint)
            return None
        return kept
