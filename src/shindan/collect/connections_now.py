"""The connections that are open at this moment; agents watch a whole window instead. Python 3.6 grammar."""

from typing import Iterator

from shindan.collect.base import Collector
from shindan.collect.connections import Connections
from shindan.collect.root import Root
from shindan.facts.fact import Fact


class ConnectionsNow(Collector):
    """One look. Nothing below a root: there nothing runs."""

    name = "connections"
    kinds = ("connection",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        window = Connections(watch=False)
        try:
            window.open()
            for fact in window.facts():
                yield fact
        finally:
            window.close()
