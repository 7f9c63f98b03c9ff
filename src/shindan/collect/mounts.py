"""What is mounted, as process 1 sees it. Python 3.6 grammar."""

from typing import Any, Dict, Iterator

from shindan.collect.base import Collector
from shindan.collect.mountinfo import mounts
from shindan.collect.root import Root
from shindan.collect.secrets_in_texts import without_secrets
from shindan.facts.fact import Fact

MOST = 2000
"""Mounts that are told; a host of containers may have more."""

_OF_CONTAINERS = ("/var/lib/docker/", "/var/lib/containers/", "/var/lib/containerd/", "/run/containerd/",
    "/var/lib/kubelet/", "/run/docker/", "/run/netns/", "/run/user/", "/var/lib/lxc/", "/var/lib/lxd/")  # fmt: skip


class Mounts(Collector):
    """One fact a mount. Below a root nothing is mounted, and nobody looks."""

    name = "mounts"
    kinds = ("mount",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        told = 0
        for one in mounts(root):
            if one.point.startswith(_OF_CONTAINERS):
                continue
            told += 1
            if told > MOST:
                yield self.gap("more than {:,} mounts".format(MOST))
                return
            data: Dict[str, Any] = {
                "fstype": one.fstype,
                "options": [without_secrets(option) for option in one.options],
                "source": without_secrets(one.source),
            }
            if one.root != "/":
                data["root"] = one.root
            yield Fact("mount", one.point, data)
