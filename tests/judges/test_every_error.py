"""boto3 as the judge: every exception of the model comes out of a running server, each for its own reason."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session
import psycopg
import pytest
from sqlalchemy import make_url, text

from judges.installation import OTHER, TAG, Installation, eventually, installation
from receivers import REGION, insist_on_rights
from stores import BACKENDS

pytestmark = pytest.mark.slow

CVE = f"arn:aws:inspector:{REGION}:758058086616:rulespackage/0-9hgA516p"
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}'
MODEL = botocore.session.get_session().get_service_model("inspector")

Told = dict[str, Any]


class World:
    """One client, a template of all hosts, a run that has ended (of another template), and one that collects."""

    def __init__(self, home: Installation) -> None:
        self.home, self.asked = home, home.client()
        self.target = str(self.asked.create_assessment_target(assessmentTargetName="all")["assessmentTargetArn"])
        self.ended, self.going = self._run("ended"), ""
        self.asked.stop_assessment_run(assessmentRunArn=self.ended)
        eventually(lambda: self._shown(self.ended), lambda shown: "completedAt" in shown)
        self.going = self._run("going")

    @property
    def template(self) -> str:
        """The template of the run that collects."""
        return self.going.rpartition("/run/")[0]

    def refused(self, name: str, ask: Callable[..., Any], **wanted: Any) -> Told:
        """What is told where a request is refused by the exception of this name."""
        with pytest.raises(getattr(self.asked.exceptions, name)) as caught:
            ask(**wanted)
        return dict(caught.value.response)

    def _run(self, name: str) -> str:
        template = self.asked.create_assessment_template(
            assessmentTargetArn=self.target, assessmentTemplateName=name, durationInSeconds=3600, rulesPackageArns=[CVE]
        )["assessmentTemplateArn"]
        run = str(self.asked.start_assessment_run(assessmentTemplateArn=template)["assessmentRunArn"])
        eventually(lambda: self._shown(run)["state"], "COLLECTING_DATA".__eq__)
        return run

    def _shown(self, run: str) -> Told:
        return dict(self.asked.describe_assessment_runs(assessmentRunArns=[run])["assessmentRuns"][0])


@pytest.fixture(scope="module", params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation whose runs collect until they are stopped."""
    settings = {"SHINDAN_EARLY_END": "false", "SHINDAN_DRAIN": "0", "SHINDAN_QUOTA_RESOURCE_GROUPS": "1"}
    with installation(tmp_path_factory.mktemp("errors"), request.param, **settings) as home:
        yield World(home)


# ── one reason for each ──


def _access_denied(world: World) -> Told:
    theirs = world.home.client(OTHER)
    return world.refused("AccessDeniedException", theirs.preview_agents, previewAgentsArn=world.target)


def _agents_already_running(world: World) -> Told:
    start, name = world.asked.start_assessment_run, "AgentsAlreadyRunningAssessmentException"
    told = world.refused(name, start, assessmentTemplateArn=world.template)
    assert {(one["agentId"], one["assessmentRunArn"]) for one in told["agents"]} == {
        (host, world.going) for host in world.home.hosts.values()
    }
    return told


def _run_in_progress(world: World) -> Told:
    delete = world.asked.delete_assessment_run
    told = world.refused("AssessmentRunInProgressException", delete, assessmentRunArn=world.going)
    assert told["assessmentRunArns"] == [world.going]
    return told


def _internal(world: World) -> Told:
    """A row that is damaged: what should be an object is none."""
    findings = world.asked.list_findings(assessmentRunArns=[world.ended])["findingArns"]
    run = world.ended.rpartition("/")[2]
    with world.home.database() as database:
        mine = {"run": run}
        with database.write() as connection:
            column = "attributes" if database.is_sqlite else "attributes::text"
            kept = connection.execute(text(f"SELECT number, {column} FROM finding WHERE run = :run"), mine).all()
            connection.execute(text("UPDATE finding SET attributes = '17' WHERE run = :run"), mine)
        told = world.refused("InternalException", world.asked.describe_findings, findingArns=findings)
        with database.write() as connection:
            for number, attributes in kept:
                mended = "UPDATE finding SET attributes = :was WHERE number = :number"
                mended = mended if database.is_sqlite else mended.replace(":was", "CAST(:was AS json)")
                connection.execute(text(mended), {"was": attributes, "number": number})
    assert told["ResponseMetadata"]["RequestId"] in told["Error"]["Message"]
    assert len(world.asked.describe_findings(findingArns=findings)["findings"]) == len(findings) > 0
    return told


def _invalid_role(world: World) -> Told:
    """STS lends the role to nobody: the service's own keys belong to a user without the right to it."""
    iam = boto3.client("iam", region_name=REGION, endpoint_url=world.home.aws)
    role = iam.create_role(RoleName="inspector", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    register = world.asked.register_cross_account_access_role
    insist_on_rights(world.home.aws, 0)
    told = world.refused("InvalidCrossAccountRoleException", register, roleArn=role)
    insist_on_rights(world.home.aws, 1_000_000)
    assert told["errorCode"] == "ROLE_DOES_NOT_EXIST_OR_INVALID_TRUST_RELATIONSHIP"
    assert world.asked.describe_cross_account_access_role()["roleArn"] != role
    register(roleArn=role)
    assert world.asked.describe_cross_account_access_role()["roleArn"] == role
    return told


def _invalid_input(world: World) -> Told:
    return world.refused("InvalidInputException", world.asked.list_findings, nextToken="mine")


def _limit_exceeded(world: World) -> Told:
    world.asked.create_resource_group(resourceGroupTags=[TAG])
    return world.refused("LimitExceededException", world.asked.create_resource_group, resourceGroupTags=[TAG])


def _no_such_entity(world: World) -> Told:
    gone = world.ended[:-8] + "00000000"
    return world.refused("NoSuchEntityException", world.asked.delete_assessment_run, assessmentRunArn=gone)


def _preview_in_progress(world: World) -> Told:
    """Asked for again and again, until one comes before the one before it is done."""

    def ask() -> Told:
        try:
            world.asked.create_exclusions_preview(assessmentTemplateArn=world.template)
        except world.asked.exceptions.PreviewGenerationInProgressException as error:
            return dict(error.response)
        return {}

    return eventually(lambda: ask() or ask(), bool)


def _unavailable(world: World) -> Told:
    """The database is away for a while: what would write says so, what reads fails as SDKs know it; then it goes on."""
    name, make = "ServiceTemporarilyUnavailableException", world.asked.create_assessment_target

    def made() -> bool:
        try:
            make(assessmentTargetName="late")
        except world.asked.exceptions.ServiceTemporarilyUnavailableException:
            return False
        return True

    with _full_disk(world.home) if world.home.is_sqlite else _closed_database(world.home):
        told = world.refused(name, make, assessmentTargetName="late")
        if not world.home.is_sqlite:  # whose readers need no disk
            world.refused("InternalException", world.asked.list_assessment_targets)
    eventually(made, bool)
    return told


@contextmanager
def _full_disk(home: Installation) -> Iterator[None]:
    """The server's process may write no file any more."""
    number = home.server.process.pid
    soft, hard = resource.prlimit(number, resource.RLIMIT_FSIZE)
    resource.prlimit(number, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.prlimit(number, resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def _closed_database(home: Installation) -> Iterator[None]:
    """The database lets nobody in, and has thrown everybody out."""
    name = str(make_url(home.database_url).database)
    with psycopg.connect(home.database_url, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def _unsupported(world: World) -> Told:
    """A run from before there were reports, as one that was taken over from the original."""
    with world.home.database() as database, database.write() as connection:
        old = "UPDATE run SET created_at = 1480000000000 WHERE id = :id"
        connection.execute(text(old), {"id": world.ended.rpartition("/")[2]})
    wanted = {"assessmentRunArn": world.ended, "reportFileFormat": "HTML", "reportType": "FULL"}
    return world.refused("UnsupportedFeatureException", world.asked.get_assessment_report, **wanted)


REASONS: dict[str, Callable[[World], Told]] = {
    "AccessDeniedException": _access_denied,
    "AgentsAlreadyRunningAssessmentException": _agents_already_running,
    "AssessmentRunInProgressException": _run_in_progress,
    "InternalException": _internal,
    "InvalidCrossAccountRoleException": _invalid_role,
    "InvalidInputException": _invalid_input,
    "LimitExceededException": _limit_exceeded,
    "NoSuchEntityException": _no_such_entity,
    "PreviewGenerationInProgressException": _preview_in_progress,
    "ServiceTemporarilyUnavailableException": _unavailable,
    "UnsupportedFeatureException": _unsupported,
}
RETRIED = {
    "AgentsAlreadyRunningAssessmentException",
    "AssessmentRunInProgressException",
    "InternalException",
    "ServiceTemporarilyUnavailableException",
}


def test_no_exception_is_left_out() -> None:
    assert set(REASONS) == {shape.name for shape in MODEL.error_shapes}
    assert len(REASONS) == 11


@pytest.mark.parametrize("name", REASONS)
def test_an_exception_comes_for_its_reason(world: World, name: str) -> None:
    told = REASONS[name](world)
    assert told["Error"]["Code"] == name and told["Error"]["Message"]
    assert told["ResponseMetadata"]["HTTPStatusCode"] == (500 if name == "InternalException" else 400)
    members = MODEL.shape_for(name).members
    if "canRetry" in members:
        assert told["canRetry"] is (name in RETRIED)
    assert ("errorCode" in told) is ("errorCode" in members)
    if "errorCode" in members:
        assert told["errorCode"] in members["errorCode"].enum
