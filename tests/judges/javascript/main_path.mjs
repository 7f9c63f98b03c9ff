// The main path of a client: from a group of tags to findings and their report. Prints what it saw, as JSON.
// Settings come by the environment: ENDPOINT, REGION, TOPIC, CVE, and AWS's own for the keys.
import {
  CreateAssessmentTargetCommand,
  CreateAssessmentTemplateCommand,
  CreateResourceGroupCommand,
  DeleteAssessmentTargetCommand,
  DescribeAssessmentRunsCommand,
  DescribeFindingsCommand,
  GetAssessmentReportCommand,
  InspectorClient,
  ListFindingsCommand,
  ListRulesPackagesCommand,
  NoSuchEntityException,
  StartAssessmentRunCommand,
  SubscribeToEventCommand,
  paginateListFindings,
  paginatePreviewAgents,
} from "@aws-sdk/client-inspector";

const { ENDPOINT, REGION, TOPIC, CVE } = process.env;
const client = new InspectorClient({ endpoint: ENDPOINT, region: REGION, maxAttempts: 1 });
const ask = (Command, input = {}) => client.send(new Command(input));

async function until(question, good) {
  for (let left = 300; left > 0; left -= 1) {
    const answer = await question();
    if (good(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("waited in vain");
}

async function all(pages, member) {
  const found = [];
  for await (const page of pages) found.push(...page[member]);
  return found;
}

const { rulesPackageArns } = await ask(ListRulesPackagesCommand);
const { resourceGroupArn } = await ask(CreateResourceGroupCommand, {
  resourceGroupTags: [{ key: "fleet", value: "web" }],
});
const { assessmentTargetArn } = await ask(CreateAssessmentTargetCommand, {
  assessmentTargetName: "from JavaScript",
  resourceGroupArn,
});
const paging = { client, pageSize: 1 };
const hosts = await all(paginatePreviewAgents(paging, { previewAgentsArn: assessmentTargetArn }), "agentPreviews");
const { assessmentTemplateArn } = await ask(CreateAssessmentTemplateCommand, {
  assessmentTargetArn,
  assessmentTemplateName: "weekly",
  durationInSeconds: 180,
  rulesPackageArns: [CVE],
  userAttributesForFindings: [{ key: "Owner", value: "platform" }],
});
await ask(SubscribeToEventCommand, {
  resourceArn: assessmentTemplateArn,
  event: "ASSESSMENT_RUN_COMPLETED",
  topicArn: TOPIC,
});
const { assessmentRunArn } = await ask(StartAssessmentRunCommand, { assessmentTemplateArn, assessmentRunName: "first" });
const describe = () => ask(DescribeAssessmentRunsCommand, { assessmentRunArns: [assessmentRunArn] });
const run = (await until(describe, ({ assessmentRuns: [one] }) => one.completedAt)).assessmentRuns[0];
const { findingArns } = await ask(ListFindingsCommand, { assessmentRunArns: [assessmentRunArn], maxResults: 100 });
const paged = await all(paginateListFindings(paging, { assessmentRunArns: [assessmentRunArn] }), "findingArns");
const { findings, failedItems } = await ask(DescribeFindingsCommand, { findingArns });
const wanted = { assessmentRunArn, reportFileFormat: "HTML", reportType: "FINDING" };
const report = await until(
  () => ask(GetAssessmentReportCommand, wanted),
  ({ status }) => status !== "WORK_IN_PROGRESS",
);
const page = report.url ? await (await fetch(report.url)).text() : "";
await ask(DeleteAssessmentTargetCommand, { assessmentTargetArn });
const refusal = await ask(DeleteAssessmentTargetCommand, { assessmentTargetArn }).catch((error) => error);

console.log(
  JSON.stringify({
    packages: rulesPackageArns,
    hosts: hosts.map(({ agentId, hostname }) => [hostname, agentId]),
    state: run.state,
    times: [run.createdAt, run.startedAt, run.completedAt].map((time) => time instanceof Date && time.getTime()),
    counts: run.findingCounts,
    listed: findingArns,
    paged,
    findings: findings.map(({ arn, id, severity, assetAttributes, userAttributes }) => ({
      arn,
      id,
      severity,
      host: assetAttributes.agentId,
      userAttributes,
    })),
    failed: failedItems,
    report: report.status,
    told: findings.every(({ id }) => page.includes(id)),
    refusal: {
      typed: refusal instanceof NoSuchEntityException,
      code: refusal.errorCode,
      canRetry: refusal.canRetry,
      status: refusal.$metadata?.httpStatusCode,
      request: refusal.$metadata?.requestId,
    },
  }),
);
