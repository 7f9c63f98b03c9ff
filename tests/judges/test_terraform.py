"""The calls that Terraform makes, in its order: what was written is read at once, also through another server.

Order and members as the provider's resources `aws_inspector_resource_group`, `…_assessment_target` and
`…_assessment_template` send them. Two servers share one database; every read goes to the one that did not write.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from judges.installation import Installation, installation
from receivers import REGION
from stores import BACKENDS
from unit.app.served import served

pytestmark = pytest.mark.slow

PACKAGES = [f"arn:aws:inspector:{REGION}:758058086616:rulespackage/{id_}" for id_ in ("0-9hgA516p", "0-H5hpSawc")]
TAGS = [{"key": "Name", "value": "web"}, {"key": "managed-by", "value": "terraform"}]
EVENTS = ("ASSESSMENT_RUN_COMPLETED", "ASSESSMENT_RUN_STARTED")
ROUNDS = 3
AT_ONCE = 4


class Provider:
    """Writes to one server and reads from the other; `name` is nobody else's."""

    def __init__(self, writes: Any, reads: Any, name: str, topic: str) -> None:
        self.writes, self.reads, self.name, self.topic = writes, reads, name, topic

    def group(self, tags: list[dict[str, str]]) -> str:
        """Creates and reads a group."""
        arn = str(self.writes.create_resource_group(resourceGroupTags=tags)["resourceGroupArn"])
        (shown,) = self.reads.describe_resource_groups(resourceGroupArns=[arn])["resourceGroups"]
        assert (shown["arn"], shown["tags"]) == (arn, tags)
        return arn

    def target(self, group: str) -> str:
        """Creates and reads a target."""
        made = self.writes.create_assessment_target(assessmentTargetName=self.name, resourceGroupArn=group)
        arn = str(made["assessmentTargetArn"])
        assert self._target(arn) == (self.name, group)
        return arn

    def update_target(self, arn: str, name: str, group: str | None) -> None:
        """Changes and reads a target; without a group it means every host."""
        more = {"resourceGroupArn": group} if group else {}
        self.writes.update_assessment_target(assessmentTargetArn=arn, assessmentTargetName=name, **more)
        assert self._target(arn) == (name, group)

    def template(self, target: str) -> str:
        """Creates a template with tags and subscriptions, and reads all three."""
        wanted = {"assessmentTargetArn": target, "durationInSeconds": 3600, "rulesPackageArns": PACKAGES}
        made = self.writes.create_assessment_template(assessmentTemplateName=self.name, **wanted)
        arn = str(made["assessmentTemplateArn"])
        self.writes.set_tags_for_resource(resourceArn=arn, tags=TAGS)
        for event in EVENTS:
            self.writes.subscribe_to_event(resourceArn=arn, event=event, topicArn=self.topic)
        (shown,) = self.reads.describe_assessment_templates(assessmentTemplateArns=[arn])["assessmentTemplates"]
        assert {member: shown[member] for member in wanted} == wanted and shown["name"] == self.name
        assert self._tags(arn) == TAGS and self._events(arn) == set(EVENTS)
        return arn

    def update_template(self, arn: str) -> None:
        """What can be changed of a template: its tags and who is told."""
        self.writes.set_tags_for_resource(resourceArn=arn, tags=TAGS[:1])
        self.writes.unsubscribe_from_event(resourceArn=arn, event=EVENTS[0], topicArn=self.topic)
        assert self._tags(arn) == TAGS[:1] and self._events(arn) == {EVENTS[1]}

    def destroy(self, template: str, target: str) -> None:
        """Deletes both, the template first; each is gone at once."""
        self.writes.delete_assessment_template(assessmentTemplateArn=template)
        read = self.reads.describe_assessment_templates(assessmentTemplateArns=[template])
        assert read["assessmentTemplates"] == [] and read["failedItems"] == _gone(template)
        self.writes.delete_assessment_target(assessmentTargetArn=target)
        read = self.reads.describe_assessment_targets(assessmentTargetArns=[target])
        assert read["assessmentTargets"] == [] and read["failedItems"] == _gone(target)
        pattern = {"assessmentTargetNamePattern": f"{self.name}*"}
        assert self.reads.list_assessment_targets(filter=pattern)["assessmentTargetArns"] == []

    def _target(self, arn: str) -> tuple[str, str | None]:
        (shown,) = self.reads.describe_assessment_targets(assessmentTargetArns=[arn])["assessmentTargets"]
        return shown["name"], shown.get("resourceGroupArn")

    def _tags(self, arn: str) -> Any:
        return self.reads.list_tags_for_resource(resourceArn=arn)["tags"]

    def _events(self, arn: str) -> set[str]:
        rows = self.reads.list_event_subscriptions(resourceArn=arn)["subscriptions"]
        return {one["event"] for row in rows for one in row["eventSubscriptions"]}


def _gone(arn: str) -> dict[str, Any]:
    return {arn: {"failureCode": "ITEM_DOES_NOT_EXIST", "retryable": False}}


@pytest.fixture(scope="module", params=BACKENDS)
def homes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, Installation]]:
    """An installation, and the same seen through a second server."""
    with installation(tmp_path_factory.mktemp("terraform"), request.param) as home:
        settings = {} if home.is_sqlite else {"SHINDAN_DATABASE_URL": home.database_url}
        with served(home.server.data, home.server.made, SHINDAN_AWS_ENDPOINT=home.aws, **settings) as second:
            yield home, replace(home, server=second)


def test_what_was_written_is_read_at_once(homes: tuple[Installation, Installation]) -> None:
    topic = homes[0].topic("terraform")

    def apply(number: int) -> None:
        one, other = (home.client() for home in (homes if number % 2 else homes[::-1]))
        provider = Provider(one, other, f"stack-{number}-", topic)
        for _ in range(ROUNDS):  # a replacement has the name of what it replaces
            first, second = provider.group(TAGS[:1]), provider.group(TAGS)
            target = provider.target(first)
            template = provider.template(target)
            provider.update_target(target, f"{provider.name}renamed", second)
            provider.update_target(target, provider.name, None)
            provider.update_template(template)
            provider.destroy(template, target)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(apply, range(AT_ONCE)))
