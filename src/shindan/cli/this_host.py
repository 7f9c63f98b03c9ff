"""This very machine as a host of the service: its facts handed in, and a run of it alone."""

from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import Any

from shindan.cli.asking import TARGETS, TEMPLATES, called
from shindan.cli.package_names import arn_of
from shindan.cli.terminal import say

_TAG = "shindan:host"
_SECONDS = 180


def run_of_this_host(asked: Any) -> str:
    """Starts a run of this machine alone and returns its ARN; target and template are made the first time.

    `asked` is `app.local_api.LocalApi`. Raises ShindanError where the machine cannot be read.
    """
    host = _handed_in(asked)
    say(f"{host.id}  {host.hostname}  {host.system}")
    name = f"this host {host.id}"
    target = next(iter(called(asked, TARGETS, name)), None)
    if target is None:
        group = asked.call("CreateResourceGroup", resourceGroupTags=[{"key": _TAG, "value": host.id}])
        target = asked.call(
            "CreateAssessmentTarget", assessmentTargetName=name, resourceGroupArn=group["resourceGroupArn"]
        )["assessmentTargetArn"]
    template = next(iter(called(asked, TEMPLATES, name)), None)
    if template is None:
        template = asked.call(
            "CreateAssessmentTemplate",
            assessmentTargetArn=target,
            assessmentTemplateName=name,
            durationInSeconds=_SECONDS,
            rulesPackageArns=[arn_of(asked.region, "cve")],
        )["assessmentTemplateArn"]
    return str(asked.call("StartAssessmentRun", assessmentTemplateArn=template)["assessmentRunArn"])


def _handed_in(asked: Any) -> Any:
    from shindan.collect.collectors import run
    from shindan.collect.root import Root
    from shindan.facts.wire import dumps
    from shindan.service.submissions import About, submit
    from shindan.service.tags_of_hosts import add

    content = io.BytesIO(b"".join(dumps(fact).encode() + b"\n" for fact in run(Root("/"))))
    about = About(hostname=socket.gethostname(), machine_id=_machine_id())
    host = submit(asked.service, asked.caller.account, content, about=about, by=asked.caller.principal)
    add(asked.service, asked.caller, [host.id], [(_TAG, host.id)])
    return host


def _machine_id() -> str:
    """systemd's id of this machine (machine-id(5)); "" where there is none."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
