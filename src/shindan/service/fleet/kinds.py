"""Every kind of thing that the document may hold, in the order in which they are made: the only list."""

from __future__ import annotations

from shindan.service.fleet.channels import Channels
from shindan.service.fleet.kind import Kind
from shindan.service.fleet.schedules import Schedules
from shindan.service.fleet.suppressions import Suppressions
from shindan.service.fleet.tailoring import Tailoring
from shindan.service.fleet.targets import Targets
from shindan.service.fleet.templates import Templates
from shindan.service.fleet.zones import Zones

KINDS: tuple[Kind, ...] = (Targets(), Templates(), Channels(), Schedules(), Suppressions(), Tailoring(), Zones())
