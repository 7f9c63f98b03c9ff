"""Which children are sent, and what their return means. Python 3.6 grammar."""

import time
from typing import Dict, List, Optional

from shindan.agent import batch as batches
from shindan.agent import errand as errands
from shindan.agent.config import Config
from shindan.agent.errand import Errand
from shindan.agent.jobs import Done, Jobs
from shindan.agent.logs import log
from shindan.agent.orders import Limits, Order
from shindan.agent.pressure import Limits as Pressure
from shindan.agent.pressure import pressed
from shindan.agent.spool import Spool
from shindan.agent.state import State
from shindan.agent.writer import Writer
from shindan.collect.scap_wanted import Wanted
from shindan.facts.fact import Fact
from shindan.facts.wire import dumps

_TRIES = 2
_RETRY_SECONDS = 30.0
_SEND_AGAIN_SECONDS = 300.0

ASKED_ONLY = frozenset(["scap"])
"""Kinds that say nothing without an order that names what to look at: left as they are between runs."""


class Collecting:
    """Inventories and windows; `trouble` says why nothing can be collected now, if so."""

    def __init__(self, config: Config, state: State, spool: Spool, jobs: Jobs) -> None:
        self._config = config
        self._state = state
        self._spool = spool
        self._jobs = jobs
        self._failed: Dict[str, int] = {}
        self._not_before: Dict[str, float] = {}
        self.limits = Limits()
        self.trouble = ""
        self._stopping = False

    def use(self, config: Config) -> None:
        """From the next child on."""
        self._config = config

    @property
    def pressure(self) -> str:
        """Why collecting is held back now; empty where it is not."""
        return pressed(self._pressure()) if self._jobs.running(batches.INVENTORY) else ""

    @property
    def busy(self) -> bool:
        """Whether a child is under way."""
        return self._jobs.running() is not None

    def ordered(self, order: Optional[Order], whole: bool) -> None:
        """Does what an order asks and has not been done; ends a window that nobody wants any more.

        `whole`: the server does not hold the last inventory.
        """
        window = self._jobs.running(batches.SAMPLED)
        if window is not None and (order is None or window.run != order.run or not order.sampled):
            self._jobs.ask(batches.SAMPLED)
        if order is None:
            return
        # The window first: it cannot wait.
        if order.sampled and order.seconds > 1 and self._is_open(order.run, batches.SAMPLED):
            if self._state.progress(order.run, batches.SAMPLED) == "begun":
                self._state.note("the agent was interrupted in this window: what was seen until then may be missing")
            self._start(order.run, batches.SAMPLED, order.sampled, whole, order.seconds, order.interval)
        if order.kinds and self._is_open(order.run, batches.INVENTORY):
            if self._spool.has(batches.INVENTORY, order.run):
                # Finished just before the agent was ended, and not noted any more.
                self._state.reached(order.run, batches.INVENTORY, "done")
                return
            self._start(order.run, batches.INVENTORY, order.kinds, whole, scap=order.scap)

    def unordered(self, whole: bool) -> None:
        """An inventory for no run: the first, the daily one, or one that the server has lost."""
        if self._may_start(batches.INVENTORY) and not self._spool.has(batches.INVENTORY, ""):
            self._not_before["whole"] = time.monotonic() + _SEND_AGAIN_SECONDS
            kinds = [kind for kind in self._state.inventory.get("kinds", []) if kind not in ASKED_ONLY]
            self._start("", batches.INVENTORY, kinds or [errands.ALL], whole)

    def missed(self) -> bool:
        """Whether an inventory that the server asked for without an order is due."""
        return time.monotonic() >= self._not_before.get("whole", 0.0)

    def ended(self, done: Done) -> bool:
        """Notes what a child has done; whether there may be something to send."""
        what, run = done.errand.what, done.errand.run
        if done.how.code == 0:
            self._failed.pop(what, None)
            self.trouble = ""
            self._state.told(len(done.errand.notes))
            # Not if the server has refused it meanwhile: a batch may be sent before its child is gone.
            is_open = self._state.progress(run, what) == "begun"
            if run and is_open and not (done.asked and self._stopping):
                self._state.reached(run, what, "done")
            log("collected", what=what, run=run, batches=done.result.batches, lines=done.result.lines)
            return True
        self._not_before[what] = time.monotonic() + _RETRY_SECONDS
        if done.result.trouble:
            self.trouble = done.result.trouble
            log("collecting failed", what=what, reason=self.trouble)
        elif done.asked or done.how.code == errands.STOPPED:
            log("collecting broken off", what=what, run=run)
        else:
            self._failed[what] = self._failed.get(what, 0) + 1
            log("collecting ended", what=what, how=done.how.said, times=self._failed[what])
            return self._failed[what] >= _TRIES and self._give_up(done)
        return False

    def recover(self) -> None:
        """Looks whether what stood in the way still does."""
        if not self.trouble or self.busy:
            return
        try:
            self._spool.try_out()
            self.trouble = ""
        except OSError as error:
            self.trouble = "{}: {}".format(self._spool.folder, error.strerror or error)

    def stop(self) -> None:
        """The agent ends: windows keep what they have and are not done."""
        self._stopping = True
        for what in (batches.SAMPLED, batches.INVENTORY):
            self._jobs.ask(what)

    def _give_up(self, done: Done) -> bool:
        """Tells the run that this host's collecting ends badly each time, so that it need not wait."""
        what, run = done.errand.what, done.errand.run
        reason = "collecting ended with {} {} times".format(done.how.said, _TRIES)
        try:
            writer = Writer(self._spool, run, what, [])
            writer.line(dumps(Fact("gap", "agent", {"reason": reason, "kinds": done.errand.kinds})))
            writer.close(complete=False, last=True)
        except OSError as error:
            self.trouble = "{}: {}".format(self._spool.folder, error.strerror or error)
            return False
        self._failed.pop(what, None)
        if run:
            self._state.reached(run, what, "done")
        return True

    def _is_open(self, run: str, what: str) -> bool:
        return self._may_start(what) and self._state.progress(run, what) != "done"

    def _may_start(self, what: str) -> bool:
        return self._jobs.running(what) is None and time.monotonic() >= self._not_before.get(what, 0.0)

    def _start(
        self,
        run: str,
        what: str,
        kinds: List[str],
        whole: bool,
        seconds: float = 0.0,
        interval: float = 0.0,
        scap: Optional[Dict[str, str]] = None,
    ) -> None:
        held = {} if whole else self._state.inventory
        config, pressure = self._config, self._pressure()
        errand = Errand(
            what=what, run=run, kinds=kinds, seconds=seconds or float(config.collector_seconds), interval=interval,
            spool=self._spool.folder, root=config.root, paths=list(config.paths), arguments=config.arguments,
            digest=held.get("digest", ""), known=held.get("kinds", []), notes=self._state.notes,
            lines=self.limits.lines, bytes=min(self.limits.batch, max(1, config.spool_bytes // 2)),
            memory=pressure.memory, cpu=pressure.cpu, scap=list(_scap(config, scap)) if scap else [],
        )  # fmt: skip
        try:
            self._jobs.start(errand)
        except (OSError, ValueError) as error:
            self.trouble = "no process could be started: {}".format(error)
            self._not_before[what] = time.monotonic() + _RETRY_SECONDS
            return
        if run:
            self._state.reached(run, what, "begun")
        log("collecting", what=what, run=run, kinds=",".join(kinds))

    def _pressure(self) -> Pressure:
        return Pressure(self._config.pressure_memory, self._config.pressure_cpu)


def _scap(config: Config, names: Dict[str, str]) -> Wanted:
    """What an order names, in the folders that the configuration lists."""
    return Wanted(
        names["content"], names["profile"], names["sha256"], config.scap, float(config.collector_seconds),
        config.scap_memory, config.state,
    )  # fmt: skip
