"""One row that speaks alone is decided on a shorter way, to the same end as on the long one."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.facts.fact import Fact
from shindan.model.advisory import AffectedRow, Condition, Generation, State
from shindan.rules.cve.compare import keys_of
from shindan.rules.cve.context import Context
from shindan.rules.cve.decide import Bench, Decision, decide
from shindan.rules.cve.subject import subject_of
from shindan.versions import key

VERSIONS = ("1.0-1", "1.0-2", "2.0-1")
STATES: tuple[State, ...] = ("affected", "fixed", "not_affected", "will_not_fix", "end_of_life")
ELSEWHERE = (Condition("arch", ("s390x",)),)
GENERATION = Generation("debian", "debian", "d" * 64, "", "2026-01-01", "states", platforms=("debian:12",))


def row(state: State, introduced: str, fixed: str, last: str, unreadable: str) -> AffectedRow:
    keys = [key("deb", version) if version else None for version in (introduced, fixed, last)]
    return AffectedRow(
        "debian", 1, "CVE-2026-0001", ("CVE-2026-0001",), "a", "source", "deb", introduced, fixed, last,
        keys[0], keys[1], keys[2], state, "", "", (), unreadable,
    )  # fmt: skip


@given(
    state=st.sampled_from(STATES),
    introduced=st.sampled_from(("", *VERSIONS)),
    fixed=st.sampled_from(("", *VERSIONS)),
    last=st.sampled_from(("", *VERSIONS)),
    installed=st.sampled_from(VERSIONS),
    unreadable=st.sampled_from(("", "?")),
)
@settings(max_examples=200)
def test_alone_or_beside_a_row_about_another_machine(
    state: State, introduced: str, fixed: str, last: str, installed: str, unreadable: str
) -> None:
    subject = subject_of(Fact("package", "a", {"type": "deb", "version": installed, "arch": "amd64"}))
    bench = Bench(keys_of(subject), Context(), {"debian": GENERATION}, lambda _: "")
    alone = row(state, introduced, fixed, last, unreadable)
    other = alone._replace(ref=2, only_if=ELSEWHERE)
    short, long = (decide("CVE-2026-0001", subject, rows, bench) for rows in ([alone], [alone, other]))
    assert short is not None
    assert long is not None
    assert [getattr(short, field.name) for field in fields(Decision)] == [
        getattr(long, field.name) for field in fields(Decision)
    ]
