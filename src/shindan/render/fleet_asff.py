"""A fleet as findings of AWS Security Hub (ASFF), one batch a line, each as BatchImportFindings takes it.

Source: the service model of `securityhub` (2018-10-26), and the user guide's "Required top-level ASFF attributes" and
"Optional top-level ASFF attributes" for the longest texts; at most 100 findings a batch, 240 kB a finding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from shindan.model.fleet import Fleet, FleetHost, Seen
from shindan.model.packages import PackageName, package
from shindan.model.result import Finding
from shindan.model.severity import Severity
from shindan.render.identity import clean, fingerprint
from shindan.render.look import Writer
from shindan.render.words import harmless

AT_ONCE = 100
LARGEST = 240_000
"""Bytes of one finding."""

_TITLE, _DESCRIPTION, _RECOMMENDATION, _ID, _FIELD, _MANY = 256, 1024, 512, 512, 2048, 20
_LABELS: dict[Severity, str] = {
    "Critical": "CRITICAL", "High": "HIGH", "Medium": "MEDIUM", "Low": "LOW", "Informational": "INFORMATIONAL",
    "Undefined": "MEDIUM",
}  # fmt: skip
"""The format knows no unknown severity, and nothing unknown may look harmless."""

_TYPES: dict[PackageName, str] = {
    "cve": "Software and Configuration Checks/Vulnerabilities/CVE",
    "cis": "Software and Configuration Checks/Industry and Regulatory Standards/CIS Host Hardening Benchmarks",
    "practices": "Software and Configuration Checks/AWS Security Best Practices",
    "network": "Software and Configuration Checks/AWS Security Best Practices/Network Reachability",
    "runtime": "Software and Configuration Checks/AWS Security Best Practices/Runtime Behavior Analysis",
    "scap": "Software and Configuration Checks/Industry and Regulatory Standards",
}
_MANAGERS = {"deb": "OS", "rpm": "OS", "apk": "OS"}
_ADDRESS = re.compile(r"https://[\x21-\x7e]{1,1000}")
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
Json = dict[str, Any]


def write(fleet: Fleet, stream: Writer) -> None:
    """See `FleetRenderer`."""
    for batch in batches(fleet):
        stream.write(json.dumps({"Findings": batch}) + "\n")


def batches(fleet: Fleet) -> Iterator[list[Json]]:
    """All findings, up to 100 at a time."""
    every = (
        _finding(fleet, host, *pair)
        for host in fleet.hosts()
        for pair in zip(host.result.findings, host.seen, strict=True)
    )
    while batch := list(islice(every, AT_ONCE)):
        yield batch


def _finding(fleet: Fleet, host: FleetHost, finding: Finding, seen: Seen) -> Json:
    title = _cut(finding.title or finding.id, _TITLE)
    severity = {"Label": _LABELS[finding.severity], "Original": finding.severity}
    types = [_TYPES[finding.rules_package]]
    made: Json = {
        "SchemaVersion": "2018-10-08",
        # The same issue is the same finding there, whichever run saw it last: importing updates it.
        "Id": f"shindan/{fleet.account}/{_cut(host.id, 64)}/{finding.rules_package}/{fingerprint(finding, host.id)}",
        "ProductArn": product_arn(fleet),
        "ProductName": "Shindan",
        "CompanyName": "Shindan",
        "Region": fleet.region,
        "GeneratorId": _cut(f"shindan/{finding.rules_package}/{finding.id}", _ID),
        "AwsAccountId": fleet.account,
        "Types": types,
        "FirstObservedAt": _moment(seen.first),
        "LastObservedAt": _moment(seen.last),
        "CreatedAt": _moment(seen.first),
        "UpdatedAt": fleet.generated_at,
        "Severity": severity,
        "FindingProviderFields": {"Severity": severity, "Types": types},
        "Title": title,
        "Description": _cut(finding.description, _DESCRIPTION) or title,
        "ProductFields": _fields(finding, seen),
        "Resources": [_resource(fleet, host)],
        "RecordState": "ACTIVE",
        "Workflow": {"Status": "SUPPRESSED" if finding.ignored else "NEW"},
    }
    remedy = _remediation(finding)
    if remedy:
        made["Remediation"] = {"Recommendation": remedy}
    if finding.rules_package == "cve" and finding.package is not None:
        made["Vulnerabilities"] = [_vulnerability(finding)]
    elif finding.rules_package != "cve":
        made["Compliance"] = {"Status": "FAILED"}
        if finding.controls:
            made["Compliance"]["RelatedRequirements"] = [_cut(one, 64) for one in finding.controls[:_MANY]]
    if len(json.dumps(made)) > LARGEST:
        made["ProductFields"] = {"shindan/rules_package": finding.rules_package}
    return made


def product_arn(fleet: Fleet) -> str:
    """The product that an account's own findings are imported under: every account has it."""
    account = fleet.account
    return f"arn:{fleet.partition}:securityhub:{fleet.region}:{account}:product/{account}/default"


def _fields(finding: Finding, seen: Seen) -> dict[str, str]:
    shown = {
        "shindan/rules_package": package(finding.rules_package).title,
        "shindan/finding": seen.id,
        "shindan/observed": finding.reason.inventory,
        "shindan/kev_due": finding.kev.due if finding.kev else "",
        "shindan/ignored": finding.ignored,
    }
    return {name: cut for name, text in shown.items() if (cut := _cut(text, _FIELD))}


def _resource(fleet: Fleet, host: FleetHost) -> Json:
    """An instance of EC2 where the host is known to be one, by its image; other hosts have ids of the same form."""
    about = host.result.host
    told = {"Hostname": about.hostname, "Platform": about.platform, "System": about.name, "Kernel": about.kernel}
    resource: Json = {
        "Type": "Other",
        "Id": f"shindan/{fleet.account}/host/{_cut(host.id, 64)}",
        "Partition": fleet.partition,
        "Region": fleet.region,
        "Details": {"Other": {name: cut for name, text in told.items() if (cut := _cut(text, 1024))}},
    }
    if host.image and _INSTANCE.fullmatch(host.id):
        resource["Type"] = "AwsEc2Instance"
        resource["Id"] = f"arn:{fleet.partition}:ec2:{fleet.region}:{fleet.account}:instance/{host.id}"
    # A value must have a letter; a tag that has none is still one.
    tags = {key: _cut(value or "", 256) or "-" for key, value in host.tags[:50] if _cut(key, 128) == key}
    return {**resource, "Tags": tags} if tags else resource


def _remediation(finding: Finding) -> Json:
    remedy: Json = {}
    text = _cut(finding.remedy, _RECOMMENDATION)
    if text:
        remedy["Text"] = text
    link = next((one for one in finding.references if _ADDRESS.fullmatch(one)), "")
    if link:
        remedy["Url"] = link
    return remedy


def _vulnerability(finding: Finding) -> Json:
    installed = finding.package
    assert installed is not None
    named = {
        "Name": installed.name,
        "Version": installed.version,
        "Architecture": installed.arch,
        "FixedInVersion": finding.fixed_version or "",
    }
    made: Json = {
        "Id": _cut(finding.id, _ID),
        "VulnerablePackages": [
            {
                **{name: cut for name, text in named.items() if (cut := _cut(text, 512))},
                "PackageManager": _MANAGERS.get(installed.type, "OTHER"),
            }
        ],
        "FixAvailable": "YES" if finding.fixed_version else "NO",
        "ExploitAvailable": "YES" if finding.kev else "NO",
    }
    scores = [
        {"Version": one.version, "BaseScore": one.score, "BaseVector": _cut(one.vector, 512)} for one in finding.vectors
    ]
    if scores:
        made["Cvss"] = [{name: value for name, value in one.items() if value != ""} for one in scores[:_MANY]]
    links = [one for one in finding.references if _ADDRESS.fullmatch(one)][:_MANY]
    if links:
        made["ReferenceUrls"] = links
    return made


def _cut(text: str, most: int) -> str:
    """Text of one line and of at most so many characters; the model refuses texts of white space alone."""
    line = clean(harmless(text)).strip()
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _moment(at: int) -> str:
    then = datetime.fromtimestamp(at / 1000, UTC)
    return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")
