"""Ubuntu's series names and pockets → platforms and entitlements.

Series as in Debian's package distro-info-data (`ubuntu.csv`); pockets as in the CVE tracker's `cve_lib.py` names them:
`xenial`, `trusty/esm`, `esm-infra/xenial`, `fips-updates/bionic`.
"""

from __future__ import annotations

from functools import lru_cache

from shindan.model.advisory import Condition

SERIES: dict[str, str] = {
    "warty": "4.10", "hoary": "5.04", "breezy": "5.10", "dapper": "6.06", "edgy": "6.10", "feisty": "7.04",
    "gutsy": "7.10", "hardy": "8.04", "intrepid": "8.10", "jaunty": "9.04", "karmic": "9.10", "lucid": "10.04",
    "maverick": "10.10", "natty": "11.04", "oneiric": "11.10", "precise": "12.04", "quantal": "12.10",
    "raring": "13.04", "saucy": "13.10", "trusty": "14.04", "utopic": "14.10", "vivid": "15.04", "wily": "15.10",
    "xenial": "16.04", "yakkety": "16.10", "zesty": "17.04", "artful": "17.10", "bionic": "18.04", "cosmic": "18.10",
    "disco": "19.04", "eoan": "19.10", "focal": "20.04", "groovy": "20.10", "hirsute": "21.04", "impish": "21.10",
    "jammy": "22.04", "kinetic": "22.10", "lunar": "23.04", "mantic": "23.10", "noble": "24.04", "oracular": "24.10",
    "plucky": "25.04", "questing": "25.10", "resolute": "26.04", "stonking": "26.10", "tenacious": "27.04",
    "devel": "devel",
}  # fmt: skip
"""Series → release. `devel` is whatever is under development when the data was made."""

_OPEN = frozenset({"release", "updates", "security", "proposed", "backports"})


def codename(platform: str) -> str:
    """`jammy` for `ubuntu:22.04`; "" for no Ubuntu."""
    return next((series for series, release in SERIES.items() if platform == f"ubuntu:{release}"), "")


@lru_cache(maxsize=512)
def place(pocket: str) -> tuple[str, tuple[Condition, ...]] | None:
    """(platform, conditions) of a pocket's full name such as `esm-apps/jammy`; None for `upstream` and the like."""
    first, _, second = pocket.partition("/")
    if first in SERIES:
        service = "esm-infra" if second == "esm" else second
        return f"ubuntu:{SERIES[first]}", entitled(service)
    return (f"ubuntu:{SERIES[second]}", entitled(first)) if second in SERIES else None


def entitled(service: str) -> tuple[Condition, ...]:
    """The condition of a pocket or service: none for the open pockets."""
    return () if service in _OPEN or not service else (Condition("entitlement", (service,)),)
