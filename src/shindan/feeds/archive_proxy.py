"""The proxies that apt uses to reach its mirrors, from apt's own reading of its configuration.

Source: apt-transport-http(1), `Acquire::http::Proxy` and `Acquire::http::Proxy::<host>`, where `DIRECT` means none;
apt.conf(5).
"""

from __future__ import annotations

import re
import shutil
import subprocess

from shindan.feeds.download_reach import Proxies

_ITEM = re.compile(r"^Acquire::(https?)::Proxy(?:::([\w.-]+))?=(\S*)$", re.IGNORECASE)
_SECONDS = 10


def apt_proxies() -> Proxies:
    """Scheme, or `scheme://host`, to proxy ("" for none); empty where apt has no proxy or is not there.

    They lead over the environment, as they do in apt. A `Proxy-Auto-Detect` command is not run.
    """
    tool = shutil.which("apt-config")
    if tool is None:
        return {}
    argv = [tool, "dump", "--no-empty", "--format", "%f=%v%n", "Acquire::http::Proxy", "Acquire::https::Proxy"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return proxies_in(done.stdout.decode("utf-8", "replace")) if done.returncode == 0 else {}


def proxies_in(dumped: str) -> dict[str, str]:
    """The proxies of `apt-config dump`'s lines; https takes http's proxy where it has none of its own, as in apt."""
    found: dict[str, str] = {}
    for match in filter(None, map(_ITEM.match, dumped.splitlines())):
        scheme, host, proxy = match[1].lower(), match[2] or "", match[3]
        found[f"{scheme}://{host}" if host else scheme] = "" if proxy.upper() in ("DIRECT", "FALSE") else proxy
    if "http" in found:
        found.setdefault("https", found["http"])
    return found
