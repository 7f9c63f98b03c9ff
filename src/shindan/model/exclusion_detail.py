"""The detail of an exclusion in a reader's language: our own sentences are known by their parts.

What others wrote stays as it is: titles of rules, names of packages and hosts, and what a system answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from shindan.model.marking import N_

Translate = Callable[[str], str]

_AGAIN = frozenset({"why", "more"})
"""Places whose text is looked at again; `more` has several, separated by semicolons."""

SENTENCES: tuple[str, ...] = (
    N_("Its release is {release}. {why}"),
    N_("Its release is {release}."),
    N_("No feed that can be fetched speaks of it."),
    N_("Nothing here fetches advisories of it."),
    N_("Advisories of it could not be fetched: {answer}."),
    N_("Fetching advisories of it failed: {answer}"),
    N_("The host's platform is not among what it delivered."),
    N_("The host's list of packages is not among what it delivered."),
    N_("{number} packages ({word}), such as {names}: {more}."),
    N_("Versions that cannot be compared with the advisories': {names}."),
    N_("{number} more rules, for {reasons} reasons: {more}"),
    N_("No role is registered through which its cloud could be asked."),
    N_("The registered role has not shown it as an instance."),
    N_("AWS could not be asked: {answer}"),
    N_("EC2 shows no network interface of it."),
    N_("Its window was cut: {why}"),
    N_("Its window was cut."),
    N_("Its agent was revoked at {moment}."),
    N_("Its agent was heard at {moment} and delivered nothing; it last said: {answer}."),
    N_("Its agent was heard at {moment} and delivered nothing."),
    N_("No contact since it enrolled; it last said: {answer}."),
    N_("No contact since it enrolled."),
    N_("No contact since {moment}; it last said: {answer}."),
    N_("No contact since {moment}."),
    N_("no contact since it enrolled"),
    N_("no contact since {moment}"),
    N_("its agent was revoked"),
)
"""Whole details, the longer before what they begin with. Where they are made: `engine.collecting`, `engine.outside`,
`engine.silence`, `engine.fetching`, `service.judging`, `service.host_flaws`.
"""

REASONS: tuple[str, ...] = (
    N_("nobody looked for facts of the kind {kind}"),
    N_("nobody looked for the module {name}"),
    N_("nobody looked for {name}"),
    N_("nobody looked at {name}, which {place} names"),
    N_("nobody looked at the processor"),
    N_("nobody looked at {name}"),
    N_("nobody read {name}"),
    N_("nobody searched for {name}"),
    N_("nobody asked the kernel for its audit rules"),
    N_("nobody could read the passwords' fields of /etc/shadow"),
    N_("the walk was cut short after {number} entries"),
    N_("the walk for programs that run as another did not come to its end"),
    N_("{number} were found, of which only {listed} are listed"),
    N_("the home of {name} was not visited: {answer}"),
    N_("what the SSH server does for everybody is not known"),
    N_("the window is incomplete: {answer}"),
    N_("the window was too short: {minutes} minutes, and it takes {least} to call a port unused"),
    N_("oscap could not evaluate it"),
    N_("oscap could not tell"),
    N_("a part of the results is missing"),
    N_("not the distribution's own: {origin}"),
    N_("no feed speaks for {release}, which {version} rebuilds"),
    N_("no feed speaks for {release}"),
    N_("the configured package archives do not offer its source"),
    N_("the archive has {version}, whose changelog was not read"),
    N_("{answer} (root may look)"),
    N_("no reason given"),
)
"""Why something could not be told, as rules and packages say it, behind what it is about."""

WORDS: dict[str, str] = {
    "no-feed": N_("no feed"),
    "foreign-origin": N_("of foreign origin"),
    "unsupported-release": N_("release not supported"),
    "not-examined": N_("changelog not read"),
    "not-in-archive": N_("not in the archives"),
}
"""Short words for why packages were not judged (`rules.cve.coverage.WhyNot`)."""


def described(description: str, detail: str, translate: Translate) -> str:
    """What happened, in a language: an exclusion's description, with its detail where there is one."""
    what = translate(description)
    return translate("{what} {detail}").format(what=what, detail=told(detail, translate)) if detail else what


def told(detail: str, translate: Translate) -> str:
    """A detail in a language; as it is where it is none of our sentences."""
    return _said(detail, SENTENCES, translate) or _behind_a_name(detail, translate) or detail


def _behind_a_name(text: str, translate: Translate) -> str | None:
    """`Title, title: why`, of which the titles stay."""
    said = _said(text, REASONS, translate)
    place = text.find(": ")
    while said is None and place >= 0:
        rest = _said(text[place + 2 :], REASONS, translate)
        said = rest if rest is None else f"{text[: place + 2]}{rest}"
        place = text.find(": ", place + 1)
    return said


def _said(text: str, known: Sequence[str], translate: Translate) -> str | None:
    for template in known:
        found = _pattern(template).fullmatch(text)
        if found is not None:
            values = {name: _value(name, value, translate) for name, value in found.groupdict().items()}
            return translate(template).format(**values)
    return None


def _value(name: str, value: str, translate: Translate) -> str:
    if name == "word":
        return translate(WORDS[value]) if value in WORDS else value
    if name not in _AGAIN:
        return value
    parts = value.split("; ") if name == "more" else [value]
    return "; ".join(told(part, translate) for part in parts)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)), re.DOTALL
    )
