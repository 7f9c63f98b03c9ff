"""The API's operations, one function each, named as boto3 names them.

A function takes the service, the caller and a request that was found good, and gives the members of the answer, with
moments in milliseconds; None where the model has no output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shindan.api.operations import (
    agents,
    exclusions,
    findings,
    groups,
    packages,
    reports,
    roles,
    runs,
    subscriptions,
    tags,
    targets,
    templates,
)
from shindan.service.caller import Caller
from shindan.service.service import Service

Request = Mapping[str, Any]
Call = Callable[[Service, Caller, Request], dict[str, Any] | None]

NEEDS_NO_DATABASE = frozenset({"DescribeRulesPackages", "ListRulesPackages"})
"""Operations that answer from memory, and never wait."""

SHORT_READS = frozenset(
    {
        "DescribeAssessmentTargets",
        "DescribeAssessmentTemplates",
        "DescribeCrossAccountAccessRole",
        "DescribeResourceGroups",
        "ListAssessmentTargets",
        "ListAssessmentTemplates",
        "ListTagsForResource",
    }
)
"""Operations that read a few rows, by their ids or along an index, of tables that quotas keep small.

Where the database is a file they are answered in less time than a thread takes to wake up.
"""

OPERATIONS: Mapping[str, Call] = {
    "AddAttributesToFindings": findings.add_attributes_to_findings,
    "CreateAssessmentTarget": targets.create_assessment_target,
    "CreateAssessmentTemplate": templates.create_assessment_template,
    "CreateExclusionsPreview": exclusions.create_exclusions_preview,
    "CreateResourceGroup": groups.create_resource_group,
    "DeleteAssessmentRun": runs.delete_assessment_run,
    "DeleteAssessmentTarget": targets.delete_assessment_target,
    "DeleteAssessmentTemplate": templates.delete_assessment_template,
    "DescribeAssessmentRuns": runs.describe_assessment_runs,
    "DescribeAssessmentTargets": targets.describe_assessment_targets,
    "DescribeAssessmentTemplates": templates.describe_assessment_templates,
    "DescribeCrossAccountAccessRole": roles.describe_cross_account_access_role,
    "DescribeExclusions": exclusions.describe_exclusions,
    "DescribeFindings": findings.describe_findings,
    "DescribeResourceGroups": groups.describe_resource_groups,
    "DescribeRulesPackages": packages.describe_rules_packages,
    "GetAssessmentReport": reports.get_assessment_report,
    "GetExclusionsPreview": exclusions.get_exclusions_preview,
    "GetTelemetryMetadata": agents.get_telemetry_metadata,
    "ListAssessmentRunAgents": agents.list_assessment_run_agents,
    "ListAssessmentRuns": runs.list_assessment_runs,
    "ListAssessmentTargets": targets.list_assessment_targets,
    "ListAssessmentTemplates": templates.list_assessment_templates,
    "ListEventSubscriptions": subscriptions.list_event_subscriptions,
    "ListExclusions": exclusions.list_exclusions,
    "ListFindings": findings.list_findings,
    "ListRulesPackages": packages.list_rules_packages,
    "ListTagsForResource": tags.list_tags_for_resource,
    "PreviewAgents": agents.preview_agents,
    "RegisterCrossAccountAccessRole": roles.register_cross_account_access_role,
    "RemoveAttributesFromFindings": findings.remove_attributes_from_findings,
    "SetTagsForResource": tags.set_tags_for_resource,
    "StartAssessmentRun": runs.start_assessment_run,
    "StopAssessmentRun": runs.stop_assessment_run,
    "SubscribeToEvent": subscriptions.subscribe_to_event,
    "UnsubscribeFromEvent": subscriptions.unsubscribe_from_event,
    "UpdateAssessmentTarget": targets.update_assessment_target,
}
