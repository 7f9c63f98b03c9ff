"""Where rsyslog sends its log, and from whom it takes one."""

from __future__ import annotations

from shindan.model.outcome import Evidence
from shindan.rules.checks.result import Result
from shindan.rules.examined import Examined
from shindan.rules.files.rsyslog import remote_targets, taking_in


def rsyslog_sends_away(host: Examined) -> Result:
    """The log is kept on another host, too."""
    targets = remote_targets(host)
    if targets:
        return Result("pass", tuple(Evidence(place, name, "another host") for place, name in targets))
    return Result("fail", (Evidence("rsyslog", "sends to no other host", "another host"),))


def rsyslog_takes_nothing(host: Examined) -> Result:
    """No messages are taken from other hosts: only a host of logs does that."""
    found = taking_in(host)
    wanted = "nothing taken from other hosts"
    if found:
        return Result("fail", tuple(Evidence(place, seen, wanted) for place, seen in found))
    return Result("pass", (Evidence("rsyslog", "takes nothing in", wanted),))
