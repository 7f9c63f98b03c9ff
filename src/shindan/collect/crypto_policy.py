"""The system-wide policy for cryptography of the Red Hat family. Python 3.6 grammar.

Source: crypto-policies(7), update-crypto-policies(8): `state/current` holds what is in force, `config` what is asked
for, each as `POLICY[:MODULE…]`.
"""

from typing import Any, Dict, Iterator

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.facts.fact import Fact

_STATE, _CONFIGURED = "/etc/crypto-policies/state/current", "/etc/crypto-policies/config"
_FIPS = "/proc/sys/crypto/fips_enabled"


class CryptoPolicy(Collector):
    """Subject `current`, on every host."""

    name = "crypto_policy"
    kinds = ("crypto_policy",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        configured = _first(root, _CONFIGURED)
        current = _first(root, _STATE) or configured
        policy, *modules = current.split(":")
        data: Dict[str, Any] = {"policy": policy, "subpolicies": [one for one in modules if one]}
        if configured and configured != current:
            data["configured"] = configured
        if root.live:
            data["fips"] = _first(root, _FIPS) == "1"
        yield Fact("crypto_policy", "current", data)


def _first(root: Root, path: str) -> str:
    """The first line that is no comment; "" where there is none."""
    try:
        lines = (line.strip() for line in root.text(path))
        return next((line for line in lines if line and not line.startswith("#")), "")
    except FileNotFoundError:
        return ""
