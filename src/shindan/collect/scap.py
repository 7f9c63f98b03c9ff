"""SCAP content, evaluated by the host's own `oscap`: a fact a rule. Python 3.6 grammar.

Source: oscap(8), `xccdf eval`; NIST IR 7275 revision 4.
"""

import os
import shutil
import tempfile
from typing import Any, Dict, Iterator

from shindan.collect import scap_content, xccdf
from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact


class Scap(Collector):
    """`scap`: what became of each rule of the content that `root.scap` names."""

    name = "scap"
    kinds = ("scap",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See Collector.collect. Nothing is told of an evaluation that did not end well."""
        wanted = root.scap
        if wanted is None:
            raise Unavailable("nobody said which SCAP content to evaluate")
        if not root.live:
            raise Unavailable("SCAP content can be evaluated on the live host only: oscap looks at what it runs on")
        path = scap_content.found(wanted)
        profile, digest = scap_content.checked(path, wanted)
        # Nobody else can look into it, or put something in its place.
        folder = tempfile.mkdtemp(prefix="shindan-scap-", dir=wanted.scratch or None)
        try:
            out = os.path.join(folder, "results.xml")
            root.oscap(path, profile.id, out, wanted.seconds, wanted.memory)
            for fact in _facts(out, path, profile, digest):
                yield fact
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _facts(out: str, path: str, profile: xccdf.Profile, digest: str) -> Iterator[Fact]:
    what = "what oscap wrote"
    try:
        with open(out, "rb") as stream:
            found = xccdf.results(stream, what)
    except OSError as error:
        raise Unavailable("oscap wrote no results: {}".format(error.strerror or error)) from error
    rules = {id_: one for id_, one in found.rules.items() if one.result != "notselected"}
    if not rules:
        raise Unavailable("{} of {} selects no rule".format(profile.id, path))
    yield Fact(
        "scap",
        "benchmark",
        {
            "content": path,
            "digest": digest,
            "profile": profile.id,
            "profile_title": profile.title,
            "benchmark": found.benchmark,
            "version": found.version,
            "tool": found.tool,
            "rules": len(rules),
        },
    )
    with open(out, "rb") as stream:
        for one in xccdf.told(stream, what, found._replace(rules=rules)):
            judged = rules.pop(one.id, None)
            if judged is not None:
                yield Fact("scap", one.id, dict(_data(judged), **_texts(one)))
    # Nothing that has a result is left out, though the content says no more of it.
    for id_, judged in rules.items():
        yield Fact("scap", id_, _data(judged))


def _data(judged: xccdf.Judged) -> Dict[str, Any]:
    data = {"result": judged.result, "severity": judged.severity}
    return dict(data, message=judged.message) if judged.message else data


def _texts(one: xccdf.Told) -> Dict[str, Any]:
    texts = {
        "title": one.title, "why": one.why, "how": one.how, "fix": one.fix, "idents": one.idents,
        "references": one.references,
    }  # fmt: skip
    return {key: value for key, value in texts.items() if value}
