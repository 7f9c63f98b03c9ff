"""Templates of tickets to begin with. Values: `finding`, `about`, `account`, `parameters`, `link`, `key`."""

from __future__ import annotations

from collections.abc import Mapping

from shindan.model.channel import Ticketing

_JIRA_OPEN = """{
  "fields": {
    "project": {"key": {{ parameters.project }}},
    "issuetype": {"name": {{ parameters.type }}},
    "summary": {{ (finding.severity ~ ": " ~ finding.rule ~ " " ~ finding.package ~ " " ~ finding.title)|short(250) }},
    "labels": ["shindan", {{ "shindan-" ~ about }}{% if finding.kev %}, "kev"{% endif %}],
    "description": {{
      finding.title ~ "\\n\\nHosts (" ~ finding.hosts_number ~ "): " ~ finding.hosts|each("name")|join(", ")
      ~ ("\\nFixed in: " ~ finding.fixed_in if finding.fixed_in else "")
      ~ ("\\nKnown to be exploited; due " ~ finding.kev if finding.kev else "")
      ~ "\\n" ~ link
    }}
  }
}"""
_JIRA_CLOSE = """{
  "transition": {"id": {{ parameters.transition }}},
  "update": {"comment": [{"add": {"body": "Shindan looked again and found it no more."}}]}
}"""
_GENERIC = """{
  "action": "%s",
  "id": {{ about }},
  "key": {{ key }},
  "account": {{ account }},
  "finding": {{ finding }},
  "link": {{ link }}
}"""

PRESETS: Mapping[str, Ticketing] = {
    "jira": Ticketing(
        open=_JIRA_OPEN,
        close=_JIRA_CLOSE,
        close_path="/rest/api/2/issue/{key}/transitions",
        key="key",
        parameters={"project": "", "type": "Bug", "transition": "31"},
    ),
    "generic-json": Ticketing(open=_GENERIC % "open", close=_GENERIC % "close", key=""),
}
"""By name. Jira's are those of its REST API, version 2: issues are made at `/rest/api/2/issue`."""
