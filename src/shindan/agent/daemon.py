"""The agent as it runs: poll, collect, upload, update. Python 3.6 grammar."""

import os
import sys
import time
from typing import Any, Dict, Optional

from shindan.agent import child, orders, status
from shindan.agent import config as configuration
from shindan.agent.backoff import LONGEST, Backoff, spread
from shindan.agent.client import Refused
from shindan.agent.collecting import Collecting
from shindan.agent.config import Config
from shindan.agent.cost import cost
from shindan.agent.jobs import Jobs
from shindan.agent.link import Unreachable
from shindan.agent.logs import log
from shindan.agent.loop import Loop
from shindan.agent.membership import Membership
from shindan.agent.orders import Order
from shindan.agent.probation import Probation
from shindan.agent.signals import Signals, Stopping
from shindan.agent.spool import Spool
from shindan.agent.state import State
from shindan.agent.updating import Updating
from shindan.agent.upload import Uploader
from shindan.agent.version import PROTOCOL, VERSION

_LAST_WORD_SECONDS = 2.0
_CHILDREN_SECONDS = 1.5
_TRIES = 8
"""Times in a row that a refused token is tried; then once in a quarter of an hour."""


class Daemon:
    """One agent. Everything that it knows of the server comes from answers to polls."""

    def __init__(self, config: Config, signals: Signals, probation: Probation, state: State) -> None:
        """Raises OSError where the state folder cannot be used, ConfigError."""
        self._config = config
        self._signals = signals
        self._state = state
        self._spool = Spool(os.path.join(config.state, "spool"))
        self._jobs = Jobs()
        self._collecting = Collecting(config, state, self._spool, self._jobs)
        self._uploader = Uploader(self._spool, state)
        self._backoff = Backoff()
        self._loop = Loop(signals)
        self._member = Membership(config, state)
        self._updating = Updating(config, state, self._member.link, probation)
        self._order: Optional[Order] = None
        self._reachable = False
        self._contact = 0
        self._said: Dict[str, Any] = {}
        self._fault = ""
        self._tell_interrupted(self._spool.clean())

    def run(self) -> None:
        """Until the process is told to end."""
        duties = (
            ("poll", self._poll),
            ("upload", self._upload),
            ("inventory", self._daily),
            ("update", self._update),
            ("probation", self._probation_over),
        )
        for name, duty in duties:
            self._loop.add(name, duty)
        self._loop.at("poll", 0.0)
        self._loop.at("inventory", self._config.inventory_every * 0.9 + spread(self._config.inventory_every * 0.2))
        if self._updating.on_probation:
            self._loop.at("probation", self._config.update_trial)
        log("started", version=VERSION, endpoint=self._config.endpoint, pid=os.getpid())
        try:
            self._loop.run(self._awake)
        finally:
            self._shutdown()

    # polls

    def _poll(self) -> None:
        try:
            with self._signals.interruptible:
                client = self._member.client()
                self._state.recover()
                self._collecting.recover()
                self._said = self._heartbeat()
                self._heard(client.poll(self._said))
        except Unreachable as error:
            self._lost(str(error))
        except Refused as error:
            self._refused(error)
        except OSError as error:
            self._lost("{}: {}".format(error.filename or self._config.state, error.strerror or error))
        self._write_status()

    def _heard(self, said: Dict[str, Any]) -> None:
        if not self._reachable:
            log("contact", host=self._member.host)
        self._reachable = True
        self._contact = int(time.time() * 1000)
        self._fault = ""
        self._backoff.worked()
        self._updating.healthy()
        self._loop.never("probation")
        self._member.clock.heard(said.get("now"))
        self._collecting.limits = orders.limits(said)
        self._obey(orders.order(said), said.get("inventory") == "send")
        if self._updating.hears_of(orders.newer(said)) and not self._loop.is_due("update"):
            self._loop.at("update", spread(self._config.update_spread))
        self._loop.at("poll", orders.pause(said))
        if not self._loop.is_due("upload") and self._spool.oldest_waits():
            self._loop.at("upload", 0.0)

    def _obey(self, order: Optional[Order], whole: bool) -> None:
        self._order = order
        self._collecting.ordered(order, whole)
        if order is None and whole and self._collecting.missed():
            self._collecting.unordered(whole)

    def _refused(self, error: Refused) -> None:
        self._reachable = error.is_busy and self._reachable
        log("refused", reason=error)
        if error.code == "CloneSeen":
            self._fault = "another machine uses this agent's key"
            self._member.forget(anew=True)
        elif error.code == "KeyRefused":
            self._fault = "the server refuses this agent's key"
            self._collecting.ordered(None, False)
            self._order = None
            self._member.forget()
        else:
            self._fault = str(error)
        if error.is_busy:
            self._loop.at("poll", self._backoff.failed(error.retry_after))
        elif self._member.may_enrol and self._backoff.failures < _TRIES:
            self._loop.at("poll", self._backoff.failed())
        else:
            self._loop.at("poll", LONGEST / 2 + spread(LONGEST / 2))

    def _lost(self, reason: str) -> None:
        if self._reachable or not self._backoff.failures:
            log("no contact", reason=reason)
        self._reachable = False
        self._fault = reason
        self._loop.at("poll", self._backoff.failed())

    def _heartbeat(self, state: str = "") -> Dict[str, Any]:
        used = self._spool.usage()
        return {
            "protocol": PROTOCOL,
            "version": VERSION,
            "boot": self._member.machine.boot,
            "state": state or self._health(),
            "detail": self._detail(),
            "skew": self._member.clock.skew,
            "spool": used._asdict(),
            "inventory": self._state.inventory.get("digest", ""),
            "cost": cost(),
            "run": self._order.run if self._order else "",
            "release": self._updating.refused,
        }

    def _health(self) -> str:
        if self._collecting.trouble or self._state.trouble:
            return "FAULT"
        if self._collecting.pressure:
            return "THROTTLED"
        return "RUNNING" if self._order or self._collecting.busy else "IDLE"

    def _detail(self) -> str:
        said = [self._collecting.trouble, self._state.trouble, self._collecting.pressure] + self._state.notes
        # A poll has at most 4 kB, and escaped each letter beyond ASCII takes six bytes.
        return "; ".join(one for one in said if one)[:1000].encode("ascii", "replace").decode("ascii")

    # what children bring, and what is sent

    def _awake(self) -> None:
        """After every wait: children that ended, and the wish to read the configuration again."""
        for done in self._jobs.reap():
            if self._collecting.ended(done):
                self._cap()
                self._loop.at("upload", 0.0)
            elif self._collecting.trouble:
                self._loop.at("poll", 1.0)  # the server is to know soon
        if self._signals.reload:
            self._signals.reload = False
            self._reload()

    def _upload(self) -> None:
        """A piece at a time, so that polls come in between."""
        if not self._reachable:
            return  # the next successful poll makes it due again
        try:
            with self._signals.interruptible:
                if self._uploader.step(self._member.client(), self._collecting.limits.piece):
                    self._loop.at("upload", 0.0)
        except Unreachable as error:
            self._lost(str(error))
        except Refused as error:
            log("upload refused", reason=error)
            if error.is_busy:
                self._loop.at("upload", self._backoff.failed(error.retry_after))
            else:
                self._refused(error)
        except OSError as error:
            self._collecting.trouble = "{}: {}".format(self._spool.folder, error.strerror or error)
            self._loop.at("upload", self._backoff.failed())

    def _cap(self) -> None:
        gone = self._spool.keep_below(self._config.spool_bytes)
        if gone.batches:
            note = "the spool was full: {} batches with {} lines were dropped, {} inventories among them".format(*gone)
            self._state.note(note)
            log("spool full", batches=gone.batches, lines=gone.lines)

    def _daily(self) -> None:
        every = self._config.inventory_every
        self._loop.at("inventory", every * 0.9 + spread(every * 0.2))
        if self._member.host and self._order is None:
            self._collecting.unordered(whole=False)

    # updates

    def _update(self) -> None:
        if self._order is not None or self._collecting.busy:
            self._loop.at("update", 60.0)
            return
        with self._signals.interruptible:
            placed = self._updating.update()
        if placed:
            self._restart()

    def _probation_over(self) -> None:
        if self._updating.on_probation:
            reason = "it had no successful poll within {} s".format(self._config.update_trial)
            if self._updating.roll_back(reason, for_good=False):
                self._restart()

    def _restart(self) -> None:
        """Becomes the agent that is in place now; the lock goes with the process and is taken anew."""
        self._end_children()
        self._member.link.close()
        argv = child.program() + sys.argv[1:]
        os.execv(argv[0], argv)

    def _reload(self) -> None:
        try:
            config = configuration.load(self._config.path)
            self._member.use(config)
        except configuration.ConfigError as error:
            log("configuration kept", reason=error)
            return
        self._config = config
        self._collecting.use(config)
        self._updating.use(config, self._member.link)
        self._backoff.worked()
        self._loop.at("poll", 0.0)
        log("configuration read", path=config.path)

    # the end

    def _shutdown(self) -> None:
        self._end_children()
        if self._member.host and self._reachable:
            try:
                self._member.client().poll(self._heartbeat("SHUTDOWN"), _LAST_WORD_SECONDS)
            except (Unreachable, Refused, OSError, Stopping) as error:
                log("no last word", reason=error)
        self._write_status()
        log("ended")

    def _end_children(self) -> None:
        """Windows put what they have into the spool; who takes too long is ended."""
        self._collecting.stop()
        until = time.monotonic() + _CHILDREN_SECONDS
        while self._jobs.running() is not None:
            for done in self._jobs.reap():
                self._collecting.ended(done)
            if self._jobs.running() is None:
                return
            if time.monotonic() > until:
                self._jobs.kill()
            self._signals.wait(0.1)

    def _tell_interrupted(self, unfinished: int) -> None:
        if unfinished:
            log("unfinished batches removed", count=unfinished)
            self._state.note(
                "the agent was ended while it collected: {} unfinished batches are lost".format(unfinished)
            )

    def _write_status(self) -> None:
        values = dict(self._said or self._heartbeat())
        who = self._member.identity
        values.update(
            endpoint=self._config.endpoint,
            host=who.host if who else "",
            enrolled=who.enrolled if who else 0,
            state=self._health(),
            collecting=self._order is not None or self._collecting.busy,
            run=self._order.run if self._order else "",
            contact=self._contact,
            update=self._updating.said,
            detail="; ".join(one for one in (self._fault or self._member.fault, self._detail()) if one),
        )
        status.write(self._config.state, values)
