"""What the agent itself takes of the host: memory and processor time, its children's included. Python 3.6 grammar."""

import os
import resource
import time
from typing import Dict

_BEGUN = time.monotonic()


def cost() -> Dict[str, int]:
    """`rss_kb` now, `peak_kb` of this process or the largest child, `cpu_ms` of all, `uptime_s`."""
    own = _status()
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    times = os.times()
    return {
        "rss_kb": own.get("VmRSS", 0),
        "peak_kb": max(own.get("VmHWM", 0), largest),
        "cpu_ms": int(1000 * (times.user + times.system + times.children_user + times.children_system)),
        "uptime_s": int(time.monotonic() - _BEGUN),
    }


def _status() -> Dict[str, int]:
    """Source: proc_pid_status(5); sizes in kB."""
    found = {}
    try:
        with open("/proc/self/status", "rb") as stream:
            for line in stream:
                if line.startswith((b"VmRSS:", b"VmHWM:")):
                    name, amount = line.split()[:2]
                    found[name.decode("ascii").rstrip(":")] = int(amount)
    except (OSError, ValueError):
        pass
    return found
