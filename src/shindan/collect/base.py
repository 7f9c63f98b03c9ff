"""Collectors: host to facts; a collector that cannot look yields a gap, never a crash. Python 3.6 grammar."""

from typing import Collection, Iterator, List, Optional, Tuple

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact


class Collector:
    """Yields facts of `kinds`; subclasses say which, and collect."""

    name = ""
    kinds: Tuple[str, ...] = ()

    def collect(self, root: Root) -> Iterator[Fact]:
        """The facts of one host, streamed. Raises Unavailable where nobody can look; may yield gaps of its own."""
        raise NotImplementedError

    def gap(self, reason: str, kinds: Optional[Collection[str]] = None) -> Fact:
        """A fact saying that this collector could not see everything, and why; `kinds` are what may be missing."""
        return Fact("gap", self.name, {"reason": reason, "kinds": list(self.kinds if kinds is None else kinds)})


def collected(collectors: List[Collector], root: Root, kinds: Optional[Collection[str]] = None) -> Iterator[Fact]:
    """The facts of all collectors whose kinds are wanted (None: all).

    Whatever a collector raises becomes a gap; what it had yielded before stays. Gaps come with any wanted kind.
    """
    for collector in collectors:
        if kinds is not None and not set(collector.kinds) & set(kinds):
            continue
        try:
            for fact in collector.collect(root):
                if kinds is None or fact.kind in kinds or fact.kind == "gap":
                    yield fact
        except Unavailable as error:
            yield collector.gap(str(error))
        except (OSError, MemoryError) as error:
            yield collector.gap("{}: {}".format(type(error).__name__, error))
        except Exception as error:  # noqa: BLE001 - a defect in one collector must not blind the others
            yield collector.gap("unexpected {}: {}".format(type(error).__name__, error))
