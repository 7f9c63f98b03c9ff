"""Fleets, made up, for tests of their forms."""

from __future__ import annotations

import io

from results import finding, package, sample, with_rules
from shindan.model.advisory import Kev, Vector
from shindan.model.checked import Counts
from shindan.model.fleet import Fleet, FleetHost, RuleCounts, Seen
from shindan.model.result import Cvss, Ledger, ScanResult
from shindan.render.fleet import load
from shindan.render.plain_stream import PlainStream
from unit.render.exchange import HOSTILE, HOSTILE_TEXT

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
MOMENT = 1_795_521_600_000
ARN = "arn:aws:inspector:us-west-2:123456789012:target/0-Ab12Cd34/template/0-Ef56Gh78/run/0-Ij90Kl12"


def host(number: int, result: ScanResult, **more: object) -> FleetHost:
    """A host with what was found on it."""
    seen = tuple(Seen(f"{ARN}/finding/0-{place:08}", MOMENT, MOMENT + 60_000) for place in range(len(result.findings)))
    named = result._replace(
        generated_at="2026-11-24T12:00:00.000Z", host=result.host._replace(hostname=f"web-{number}")
    )
    return FleetHost(f"i-{number:017x}", named, seen, (("role", "web"), ("owner", None)))._replace(**more)  # type: ignore[arg-type]


def fleet(*hosts: FleetHost, **more: object) -> Fleet:
    """A run of these hosts."""
    fields: dict[str, object] = {
        "kind": "run",
        "name": "weekly-12",
        "arn": ARN,
        "account": "123456789012",
        "region": "us-west-2",
        "partition": "aws",
        "generated_at": "2026-11-24T12:00:00.000Z",
        "tool_version": "0.1.0",
        "hosts": lambda: iter(hosts),
        "rules": (RuleCounts("cis", "debian-11", "5.1.20", "Root cannot log in over SSH", Counts(1, 1)),),
        "notes": ("No instances in target: nothing was assessed",),
    }
    return Fleet(**{**fields, **more})  # type: ignore[arg-type]


def small() -> Fleet:
    """A host as the service keeps it, one that is EC2's with rules that failed, and one on which nobody could look."""
    openssl = package("libssl3", "3.0.15-1~deb12u1")._replace(arch="", source="", source_version="")
    stored = (
        finding(
            "CVE-2026-1001", openssl, "High", "3.0.16-1~deb12u1",
            cvss=Cvss(9.8, "3.1", VECTOR, "advisories"), vectors=(Vector("advisories", "3.1", VECTOR, 9.8),), kev=Kev("", "2026-12-01"),
            title="Instance i-0 is vulnerable to CVE-2026-1001", description="A flaw.", feed=None,
            references=("https://www.cve.org/CVERecord?id=CVE-2026-1001",), remedy="Bring libssl3 to 3.0.16-1~deb12u1.",
        ),
        finding("CVE-2026-1002", openssl, "Low", ignored="not reachable", ignored_as="accepted", feed=None),
    )  # fmt: skip
    blind = Ledger(0, (), (), 0, (("Common Vulnerabilities and Exposures", "Nothing was ever handed in."),), ())
    nothing = sample()._replace(findings=(), ledger=blind)
    ours = with_rules(("cis", "network"))
    return fleet(
        host(1, sample()._replace(findings=stored)), host(2, ours, image="ami-0123456789abcdef0"), host(3, nothing)
    )


def hostile() -> Fleet:
    """Hosts whose every text drives terminals, ends documents, or is no Unicode."""
    long = HOSTILE_TEXT + "x" * 5000
    findings = tuple(one._replace(remedy=long, description=long) for one in HOSTILE.findings)
    bad = FleetHost(
        "i-0123456789abcdef0", HOSTILE._replace(findings=findings), tuple(Seen(HOSTILE_TEXT, 0, 1) for _ in findings),
        ((HOSTILE_TEXT, HOSTILE_TEXT),), HOSTILE_TEXT, HOSTILE_TEXT,
    )  # fmt: skip
    return fleet(bad, name=HOSTILE_TEXT, notes=(HOSTILE_TEXT,))


FLEETS = {"everything": small, "hostile texts": hostile, "no hosts": fleet}
GOLDEN = {f"fleet.{ending}": form for form, ending in (
    ("JSON", "json"), ("CSV", "csv"), ("MARKDOWN", "md"), ("JUNIT", "junit.xml"), ("ASFF", "asff.ndjson"),
    ("DEFECTDOJO", "defectdojo.json"), ("OPENVEX", "vex.json"), ("SARIF", "sarif"), ("CYCLONEDX", "cdx.json"),
)}  # fmt: skip
"""Golden files by the form that they hold."""


def written(form: str, made: Fleet) -> str:
    """A fleet in a form; the stream refuses what UTF-8 cannot hold."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    # As the service does: of CSV, which has no escapes, the stream is told to replace what it lacks.
    load(form)(made, PlainStream(stream) if form == "CSV" else stream)
    stream.flush()
    return stream.buffer.getvalue().decode()
