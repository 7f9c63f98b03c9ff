"""Which proxy, if any, a server is reached by. Python 3.6 grammar.

The configuration's `proxy` and `no_proxy` win over the environment's `https_proxy` and `no_proxy` (either case), which
is how curl and the original agent's env file do it. `proxy = none` is none.
"""

import base64
import re
from typing import Mapping, NamedTuple, Optional
from urllib.parse import unquote

_ADDRESS = re.compile(r"^(?:http://)?(?:([^@/]*)@)?(\[[0-9A-Fa-f:.]+\]|[^\[\]:/@]+)(?::([0-9]{1,5}))?/?$")
_DEFAULT_PORT = 3128


class ProxyError(Exception):
    """The proxy's address cannot be used; the text says what is right."""


class Proxy(NamedTuple):
    """Where to connect to, and what to say there: the value of Proxy-Authorization, or empty."""

    host: str
    port: int
    authorization: str = ""


def choose(
    host: str, port: int, proxy: str = "", no_proxy: str = "", environment: Optional[Mapping[str, str]] = None
) -> Optional[Proxy]:
    """The proxy for a server; None: go straight. Raises ProxyError."""
    around = environment or {}
    address = proxy or around.get("https_proxy") or around.get("HTTPS_PROXY") or ""
    exempt = no_proxy or around.get("no_proxy") or around.get("NO_PROXY") or ""
    if not address or address.lower() == "none" or is_exempt(host, port, exempt):
        return None
    return parse(address)


def parse(address: str) -> Proxy:
    """`[http://][user:password@]host[:port]`, user and password percent-encoded. Raises ProxyError."""
    match = _ADDRESS.match(address.strip())
    number = int(match.group(3) or _DEFAULT_PORT) if match else 0
    if match is None or not 0 < number < 65536:
        hidden = re.sub("[^/]*@", "", address)
        raise ProxyError("proxy {} is no http://[user:password@]host:port".format(hidden))
    user = match.group(1)
    said = ""
    if user:
        said = "Basic " + base64.b64encode(unquote(user).encode("utf-8")).decode("ascii")
    return Proxy(match.group(2).strip("[]"), number, said)


def is_exempt(host: str, port: int, exempt: str) -> bool:
    """Whether a list like `localhost,.corp.example,10.0.0.0/8,db:8443` names the server."""
    name = host.strip("[]").lower().rstrip(".")
    return any(_names(entry, name, port) for entry in re.split(r"[\s,]+", exempt.lower()) if entry)


def _names(entry: str, name: str, port: int) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(name, entry)
    match = re.match(r"^(.*[^:]|\[.*\]):([0-9]{1,5})$", entry)
    if (match and entry.count(":") == 1) or entry.startswith("["):
        if match and int(match.group(2)) != port:
            return False
        entry = match.group(1) if match else entry
    entry = entry.strip("[]").lstrip("*").lstrip(".").rstrip(".")
    return bool(entry) and (name == entry or name.endswith("." + entry))


def _in_network(name: str, network: str) -> bool:
    # Imported here: it costs 1 MB, and few lists name networks.
    import ipaddress

    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
