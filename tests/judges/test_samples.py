"""AWS's own samples through the AWS CLI, in their order: each is answered, and its answer has the sample's shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from judges.aws import aws
from judges.installation import Installation, installation
from judges.samples import ACCOUNT, Sample, Things, samples, unlike
from shindan.api.spec import spec

pytestmark = pytest.mark.slow

SAMPLES = samples()
WITHOUT = {"CreateExclusionsPreview", "GetExclusionsPreview", "ListExclusions", "DescribeExclusions", "GetAssessmentReport"}  # fmt: skip
"""Operations that AWS gave no sample of."""

MODEL = botocore.session.get_session().get_service_model("inspector")


@pytest.fixture(scope="module")
def things(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Things]:
    """An installation of the samples' own account, whose hosts are named as the samples' are."""
    settings = {"SHINDAN_EARLY_END": "false", "SHINDAN_DRAIN": "0"}
    with installation(tmp_path_factory.mktemp("samples"), account=ACCOUNT, **settings) as made:
        _named(made)
        yield Things(made)


def _named(home: Installation) -> None:
    aws(home, "ec2", "create-tags", "--resources", *home.hosts.values(), "--tags", "Key=Name,Value=example")


def test_every_operation_has_a_sample_but_five() -> None:
    assert {one.operation for one in SAMPLES} == set(spec().operations) - WITHOUT
    assert len(SAMPLES) >= 32


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one.id)
def test_a_sample(things: Things, sample: Sample) -> None:
    request = things.put(sample.given, going=sample.operation == "StopAssessmentRun")
    answer = aws(things.home, "inspector", xform_name(sample.operation, "-"), *_words(request))
    shape = MODEL.operation_model(sample.operation).output_shape
    assert (shape is None) is (sample.answer is None)
    if shape is None:
        assert answer == {}
    else:
        assert not list(unlike(shape, sample.answer, answer)), answer
        assert not spec().check_answer(sample.operation, answer)
        assert answer.get("failedItems", {}) == {}
    if sample.operation.startswith("Delete"):
        things.forget(next(iter(sample.given.values())))
    things.learn(sample.answer if sample.operation.startswith(("Create", "Start")) else {}, answer)


def _words(request: dict[str, Any]) -> list[str]:
    """A request as it is typed: texts as they are, names one by one, everything else as JSON."""
    words: list[str] = []
    for member, value in request.items():
        words.append("--" + xform_name(member, "-"))
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            words += [json.dumps(value)] if any("," in one or "=" in one for one in value) else value
        else:
            words.append(value if isinstance(value, str) else json.dumps(value))
    return words


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"agentPreviews": [{}]}, ".agentPreviews[].agentId is missing"),
        ({"agentPreviews": []}, ".agentPreviews is empty"),
        ({"agentPreviews": [{"agentId": 1}]}, ".agentPreviews[].agentId is no string: 1"),
        ({}, ".agentPreviews is missing"),
    ],
    ids=["a member", "a list", "a type", "everything"],
)
def test_what_is_unlike_a_sample_is_seen(answer: dict[str, Any], said: str) -> None:
    (sample,) = [one for one in SAMPLES if one.operation == "PreviewAgents"]
    shape = MODEL.operation_model("PreviewAgents").output_shape
    assert list(unlike(shape, sample.answer, answer)) == [said]
