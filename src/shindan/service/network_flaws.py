"""What is reachable, as the API shows it (specification, section 5.6): a finding for each port, process and zone."""

from __future__ import annotations

from shindan.engine.judge import Flaw
from shindan.model.outcome import Outcome
from shindan.rules.network.outcomes import Reached
from shindan.service.cve_flaws import clean
from shindan.service.host_flaws import flaw_of


def network_flaw_of(outcome: Outcome) -> Flaw:
    """The flaw of one way in; several of one title are told apart by port, zone and process."""
    flaw = flaw_of("network", outcome)
    attributes = outcome.attributes if isinstance(outcome, Reached) else ()
    shown = tuple((name, clean(value)) for name, value in attributes if value)
    return flaw._replace(about=clean(outcome.subject), attributes=shown)
