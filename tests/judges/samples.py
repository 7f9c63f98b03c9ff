"""AWS's own samples of requests and answers, and the things that are made here in place of those they speak of."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import awscli
import botocore

from judges.installation import Installation, eventually
from receivers import REGION

ACCOUNT = "123456789012"
"""The samples' account is the installation's, too: only ids differ."""

_NAME = "examples-1.json"
_FOLDER = Path("data", "inspector", "2016-02-16")
_OWN = f"arn:aws:inspector:{REGION}:{ACCOUNT}:"
_PACKAGES = f"arn:aws:inspector:{REGION}:758058086616:rulespackage/"
_CVE = f"{_PACKAGES}0-9hgA516p"
_KINDS = {1: "target", 2: "template", 3: "run", 4: "finding"}


class Sample(NamedTuple):
    """`given` and `answer` are as printed; `answer` is None where nothing is answered."""

    operation: str
    id: str
    given: Mapping[str, Any]
    answer: Any


def samples() -> list[Sample]:
    """All of them, in the file's order: of botocore, or of the copy that the AWS CLI brings.

    Raises FileNotFoundError where neither has them any more.
    """
    homes = (Path(botocore.__file__).parent, Path(awscli.__file__).parent / "botocore")
    for path in (home / _FOLDER / name for home in homes for name in (_NAME, _NAME + ".gz")):
        if path.exists():
            read = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            return [
                Sample(operation, one["id"], one.get("input") or {}, one.get("output"))
                for operation, every in json.loads(read)["examples"].items()
                for one in every
            ]
    raise FileNotFoundError(
        f"neither botocore nor the AWS CLI has {_FOLDER / _NAME}: install an older one for the tests"
    )


@dataclass
class Things:
    """The table from a name in the samples to ours; what a sample names before it was made is made first.

    Deleted things leave the table, so that a later sample which speaks of them finds new ones.
    """

    home: Installation
    ours: dict[str, str] = field(default_factory=dict)

    def put(self, value: Any, *, going: bool = False) -> Any:
        """A sample's request with our names; `going`: runs that are made for it are left collecting."""
        if isinstance(value, dict):
            return {key: self.put(inner, going=going) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.put(inner, going=going) for inner in value]
        return self.of(value, going=going) if isinstance(value, str) and value.startswith("arn:") else value

    def of(self, name: str, *, going: bool = False) -> str:
        """What stands here for a name of the samples."""
        if name not in self.ours:
            self.ours[name] = self._made(name, going)
        return self.ours[name]

    def learn(self, sample: Any, answer: Any) -> None:
        """Takes over what an answer names, in the place of what the sample's answer names there."""
        for key, value in (sample or {}).items():
            if key.endswith("Arn"):
                self.ours[value] = answer[key]

    def forget(self, name: str) -> None:
        """A thing was deleted, and with it what was below it."""
        for one in [one for one in self.ours if one == name or one.startswith(f"{name}/")]:
            del self.ours[one]

    def _made(self, name: str, going: bool) -> str:
        if name.startswith(_PACKAGES):  # the samples name packages that no region has
            known = self.home.client().list_rules_packages()["rulesPackageArns"]
            return name if name in known else _CVE
        if not name.startswith(_OWN):
            return self._abroad(name)
        parts = name.removeprefix(_OWN).split("/")
        if parts[0] == "resourcegroup":
            asked = self.home.client()
            return str(asked.create_resource_group(resourceGroupTags=[{"key": "Name", "value": "example"}])["resourceGroupArn"])  # fmt: skip
        kind, above = _KINDS[len(parts) // 2], name.rsplit("/", 2)[0]
        if kind == "target":
            return self._target(parts[-1])
        makers: dict[str, Callable[[str], str]] = {
            "template": self._template,
            "run": self._going if going else self._ended,
            "finding": self._finding,
        }
        return makers[kind](self.of(above))

    def _abroad(self, name: str) -> str:
        """A topic, made in AWS's stand-in; a role as it is."""
        return self.home.topic(name.rpartition(":")[2]) if ":sns:" in name else name

    def _target(self, name: str) -> str:
        group = self.of(f"{_OWN}resourcegroup/0-PyGXopAI")
        made = self.home.client().create_assessment_target(assessmentTargetName=name, resourceGroupArn=group)
        return str(made["assessmentTargetArn"])

    def _template(self, target: str) -> str:
        asked = self.home.client()
        wanted = {"durationInSeconds": 3600, "rulesPackageArns": [_CVE], "assessmentTargetArn": target}
        template = str(asked.create_assessment_template(assessmentTemplateName=f"t{len(self.ours)}", **wanted)["assessmentTemplateArn"])  # fmt: skip
        asked.set_tags_for_resource(resourceArn=template, tags=[{"key": "Name", "value": "Example"}])
        topic = self.of(f"arn:aws:sns:{REGION}:{ACCOUNT}:exampletopic")
        asked.subscribe_to_event(resourceArn=template, event="ASSESSMENT_RUN_COMPLETED", topicArn=topic)
        return template

    def _going(self, template: str) -> str:
        """A run that collects until it is stopped; hosts are in one run at a time."""
        asked = self.home.client()
        for run in asked.list_assessment_runs(maxResults=100)["assessmentRunArns"]:
            asked.stop_assessment_run(assessmentRunArn=run)
            eventually(lambda run=run: _shown(asked, run), lambda shown: "completedAt" in shown)  # type: ignore[misc]
        run = str(asked.start_assessment_run(assessmentTemplateArn=template)["assessmentRunArn"])
        eventually(lambda: _shown(asked, run)["state"], "COLLECTING_DATA".__eq__)
        return run

    def _ended(self, template: str) -> str:
        run, asked = self._going(template), self.home.client()
        asked.stop_assessment_run(assessmentRunArn=run)
        shown = eventually(lambda: _shown(asked, run), lambda shown: "completedAt" in shown)
        assert shown["state"] == "COMPLETED", shown
        return run

    def _finding(self, run: str) -> str:
        return str(self.home.client().list_findings(assessmentRunArns=[run])["findingArns"][0])


def _shown(asked: Any, run: str) -> dict[str, Any]:
    return dict(asked.describe_assessment_runs(assessmentRunArns=[run])["assessmentRuns"][0])


# ── whether an answer looks like the sample's ──

_TYPES: Mapping[str, Any] = {
    "string": str,
    "integer": int,
    "long": int,
    "double": (int, float),
    "float": (int, float),
    "boolean": bool,
    "timestamp": (int, float),
    "structure": dict,
    "list": list,
    "map": dict,
}
"""By the model. The samples print moments as texts; on the wire they are numbers, and so prints the AWS CLI."""

_ONLY_WITH_MORE = "nextToken"
"""The samples print one on every page, the last one included, against what the model says of it."""


def unlike(shape: Any, sample: Any, answer: Any, place: str = "") -> Iterator[str]:
    """What the sample has and the answer lacks, or has of another type; `shape` is botocore's."""
    if not isinstance(answer, _TYPES[shape.type_name]) or (isinstance(answer, bool) and shape.type_name != "boolean"):
        yield f"{place or 'the answer'} is no {shape.type_name}: {answer!r}"
    elif shape.type_name == "structure":
        for member in sample.keys() - {_ONLY_WITH_MORE}:
            if member in answer:
                yield from unlike(shape.members[member], sample[member], answer[member], f"{place}.{member}")
            else:
                yield f"{place}.{member} is missing"
    elif shape.type_name == "list" and sample:
        if not answer:
            yield f"{place} is empty"
        for one in answer:
            yield from unlike(shape.member, sample[0], one, f"{place}[]")
    elif shape.type_name == "map":
        for key in sample.keys() - answer.keys():
            yield f"{place}[{key}] is missing"
