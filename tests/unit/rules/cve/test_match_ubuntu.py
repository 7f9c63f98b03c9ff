"""Ubuntu by its own evaluator's rules, and Ubuntu Pro as far as conditions tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from shindan.model.advisory import Advisory, Affected, Condition
from shindan.rules.cve.context import Context
from shindan.rules.cve.subject import Subject
from unit.rules.cve import cases
from unit.rules.cve.cases import Case, deb, record

NOBODY = Context()


def case(
    name: str,
    subject: Subject,
    *,
    platform: str,
    osv: Sequence[Advisory],
    expected: Mapping[str, str | None] | None = None,
    context: Context = NOBODY,
) -> Case:
    """A case with one feed."""
    return Case(name, platform, subject, {"osv": osv}, expected or {}, context=context)


def row(package: str, fixed: str = "", *, platform: str, **more: Any) -> Affected:
    """An affected row of a release."""
    return cases.row(platform, package, fixed, **more)


INFRA, APPS = Context(frozenset({"esm-infra"})), Context(frozenset({"esm-apps"}))


def pro(id_: str, package: str, fixed: str, platform: str, *others: Affected, service: str = "esm-infra") -> Advisory:
    """A record with a fix behind an Ubuntu Pro service, and what it says of the base release."""
    guard = (Condition("entitlement", (service,)),)
    return Advisory(id_, "osv", affected=(*others, row(package, fixed, platform=platform, only_if=guard)))


FIX_FEATURE = [
    record(
        "CVE-2017-9233",
        row("expat", "2.1.0-7ubuntu0.16.04.3", platform="ubuntu:16.04"),
        row("matanza", platform="ubuntu:16.04", vendor_state="needed"),
        row("swish-e", platform="ubuntu:16.04", state="under_investigation", vendor_state="needs-triage"),
    )
]
ACCOUNTS = [
    record("CVE-2012-6655", row("accountsservice", platform="ubuntu:16.04")),
    pro("CVE-2023-3297", "accountsservice", "0.6.40-2ubuntu11.6+esm1", "ubuntu:16.04"),
    record("CVE-2018-14036", row("accountsservice", "0.6.40-2ubuntu11.6", platform="ubuntu:16.04")),
    record("CVE-2020-16126", row("accountsservice", "0.6.40-2ubuntu11.6", platform="ubuntu:16.04")),
    record("CVE-2020-16127", row("accountsservice", platform="ubuntu:16.04", state="not_affected")),
    record("CVE-2021-3939", row("accountsservice", platform="ubuntu:16.04", state="not_affected")),
]
NODEJS = [
    Advisory(
        "CVE-2023-44487",
        "osv",
        affected=(
            row("nodejs-doc", platform="ubuntu:22.04", names="binary"),
            row(
                "nodejs", "12.22.9~dfsg-1ubuntu3.6+esm1", platform="ubuntu:22.04", names="binary",
                only_if=(Condition("entitlement", ("esm-apps",)),),
            ),
        ),
    )
]  # fmt: skip

CASES = [
    # 25: Ubuntu's own evaluator (16.04, no Pro)
    case("25: expat has a fix in the standard updates", deb("expat", "2.1.0-7"), platform="ubuntu:16.04", osv=FIX_FEATURE, expected={"CVE-2017-9233": "2.1.0-7ubuntu0.16.04.3"}),
    case("25: matanza has none", deb("matanza", "0.13+ds1-5"), platform="ubuntu:16.04", osv=FIX_FEATURE, expected={"CVE-2017-9233": None}),
    case("25: swish-e is under investigation, and reported so", deb("swish-e", "2.4.7-5"), platform="ubuntu:16.04", osv=FIX_FEATURE, expected={"CVE-2017-9233": None}),
    case("25: accountsservice: no fix, a fix for Pro, two fixed at this version, two never hit", deb("libaccountsservice0", "0.6.40-2ubuntu11.6", source="accountsservice"), platform="ubuntu:16.04", osv=ACCOUNTS, expected={"CVE-2012-6655": None, "CVE-2023-3297": None}),
    case("25: accountsservice with Pro", deb("libaccountsservice0", "0.6.40-2ubuntu11.6", source="accountsservice"), platform="ubuntu:16.04", context=INFRA, osv=ACCOUNTS, expected={"CVE-2012-6655": None, "CVE-2023-3297": "0.6.40-2ubuntu11.6+esm1"}),
    case("25: a binary that the fixed source builds no longer has no fix (nodejs-doc)", deb("nodejs-doc", "12.22.9~dfsg-1ubuntu3", source="nodejs"), platform="ubuntu:22.04", context=APPS, osv=NODEJS, expected={"CVE-2023-44487": None}),
    case("25: a binary that it still builds has one (nodejs)", deb("nodejs", "12.22.9~dfsg-1ubuntu3", source="nodejs"), platform="ubuntu:22.04", context=APPS, osv=NODEJS, expected={"CVE-2023-44487": "12.22.9~dfsg-1ubuntu3.6+esm1"}),
    case("25: headers of a kernel flavour by that flavour's source", deb("linux-kvm-headers-5.4.0-1131", "5.4.0-1131.140", source="linux-kvm"), platform="ubuntu:20.04", osv=[record("CVE-2023-20569", row("linux-kvm", platform="ubuntu:20.04"))], expected={"CVE-2023-20569": None}),
    case("25: the flavour's image by the unsigned source", deb("linux-image-5.4.0-1131-kvm", "5.4.0-1131.140", source="linux-signed-kvm", source_version="5.4.0-1131.140"), platform="ubuntu:20.04", osv=[record("CVE-2023-20569", row("linux-kvm", platform="ubuntu:20.04"))], expected={"CVE-2023-20569": None}),
    # 11: Ubuntu Pro, as far as conditions tell it
    case("11: wayland at the Pro version is resolved", deb("libwayland-client0", "1.12.0-1~ubuntu16.04.3+esm1", source="wayland"), platform="ubuntu:16.04", context=INFRA, osv=[pro("CVE-2021-3782", "wayland", "1.12.0-1~ubuntu16.04.3+esm1", "ubuntu:16.04")]),
    case("11: wayland of 20.04 has a fix in the base pocket", deb("libwayland-client0", "1.17.0-1ubuntu1", source="wayland"), platform="ubuntu:20.04", osv=[record("CVE-2021-3782", row("wayland", "1.18.0-1ubuntu0.1", platform="ubuntu:20.04"))], expected={"CVE-2021-3782": "1.18.0-1ubuntu0.1"}),
    case("11: openssh with Pro", deb("openssh-server", "1:8.2p1-4ubuntu0.12", source="openssh"), platform="ubuntu:20.04", context=INFRA, osv=[pro("CVE-2025-61985", "openssh", "1:8.2p1-4ubuntu0.13+esm1", "ubuntu:20.04")], expected={"CVE-2025-61985": "1:8.2p1-4ubuntu0.13+esm1"}),
    case("2: openssh with Pro, installed without its epoch", deb("openssh-server", "8.2p1-4ubuntu0.12", source="openssh"), platform="ubuntu:20.04", context=INFRA, osv=[pro("CVE-2025-61985", "openssh", "1:8.2p1-4ubuntu0.13+esm1", "ubuntu:20.04")], expected={"CVE-2025-61985": "1:8.2p1-4ubuntu0.13+esm1"}),
    case("11: curl has no fix even with Pro", deb("curl", "7.47.0-1ubuntu2"), platform="ubuntu:16.04", context=INFRA, osv=[record("CVE-2016-9586", row("curl", platform="ubuntu:16.04"))], expected={"CVE-2016-9586": None}),
    case("11: systemd with Pro", deb("systemd", "229-4ubuntu21.31"), platform="ubuntu:16.04", context=INFRA, osv=[pro("CVE-2021-33910", "systemd", "229-4ubuntu21.31+esm1", "ubuntu:16.04")], expected={"CVE-2021-33910": "229-4ubuntu21.31+esm1"}),
    *(
        case(f"11: {package} at its Pro version is resolved, though the base release names no fix", deb(package, fixed), platform="ubuntu:24.04", context=APPS, osv=[pro("CVE-2024-24258", package, fixed, "ubuntu:24.04", record("CVE-2024-24258", row(package, platform="ubuntu:24.04")).affected[0], service="esm-apps")])
        for package, fixed in (("freeglut", "3.4.0-1ubuntu0.1~esm1"), ("ffmpeg", "7:6.1.1-3ubuntu5+esm10"), ("python-pip", "24.0+dfsg-1ubuntu1.3+esm3"))
    ),
    case("11: the same below the Pro version names that fix", deb("freeglut", "3.4.0-1"), platform="ubuntu:24.04", context=APPS, osv=[pro("CVE-2024-24258", "freeglut", "3.4.0-1ubuntu0.1~esm1", "ubuntu:24.04", row("freeglut", platform="ubuntu:24.04"), service="esm-apps")], expected={"CVE-2024-24258": "3.4.0-1ubuntu0.1~esm1"}),
    case("11: the same on a host without Pro has no fix", deb("freeglut", "3.4.0-1"), platform="ubuntu:24.04", osv=[pro("CVE-2024-24258", "freeglut", "3.4.0-1ubuntu0.1~esm1", "ubuntu:24.04", row("freeglut", platform="ubuntu:24.04"), service="esm-apps")], expected={"CVE-2024-24258": None}),
    case("11: a Pro build is not measured by a later fix of the base release", deb("freeglut", "3.4.0-1ubuntu0.1~esm1"), platform="ubuntu:24.04", context=APPS, osv=[pro("CVE-2024-24258", "freeglut", "3.4.0-1ubuntu0.1~esm1", "ubuntu:24.04", row("freeglut", "3.4.0-1ubuntu0.1", platform="ubuntu:24.04"), service="esm-apps")]),
]  # fmt: skip


@pytest.mark.parametrize("one", CASES, ids=lambda one: one.name)
def test_verdict(one: Case) -> None:
    one.check()


def test_a_fix_behind_a_service_that_the_host_lacks_is_told() -> None:
    libwayland = deb("libwayland-client0", "1.11.0-2", source="wayland")
    osv = [pro("CVE-1", "wayland", "1.12.0-1+esm1", "ubuntu:16.04", row("wayland", platform="ubuntu:16.04"))]
    (decision,) = case("", libwayland, platform="ubuntu:16.04", osv=osv).judgement().affected
    assert decision.fix is None
    assert decision.notes == ("fixed in 1.12.0-1+esm1, which needs the entitlement esm-infra",)
