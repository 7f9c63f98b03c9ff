"""What goes into the database comes out again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.model.advisory import Advisory, Affected, AffectedRow, Condition, Enrichment, Epss, Kev, Record, Vector
from shindan.model.errors import StoreError
from shindan.store.advisories import AdvisoryStore, merge
from shindan.versions import key
from unit.store.samples import COVERED, CREATED, ENRICHED, GUARDED, LDB, NOTE, SAMBA, advisory, ids, write


def test_a_generation_says_what_it_holds(tmp_path: Path) -> None:
    said: list[int] = []
    store = AdvisoryStore(tmp_path)
    records: list[Record] = [NOTE, SAMBA, ENRICHED, COVERED]
    generation = store.write(
        "osv", "mine", iter(records), knows="states", origin="a.zip", created=CREATED, progress=said.append
    )
    assert generation == store.generations()[0]
    assert generation.name == "osv@mine"
    assert (generation.advisories, generation.rows, generation.enrichments) == (1, 2, 1)
    assert generation.platforms == ("debian:12", "rhel:8")
    assert generation.notes == (NOTE.text,)
    assert (generation.origin, generation.created) == ("a.zip", CREATED)
    assert generation.newest == "2026-08-16"
    assert said == [4]


def test_a_row_carries_its_advisorys_ids_and_sortable_keys(tmp_path: Path) -> None:
    write(tmp_path, [SAMBA])
    with AdvisoryStore(tmp_path).open() as reader:
        (row,) = reader.rows("debian:12", {"samba", "zlib"})["samba"]
        (guarded,) = reader.rows("rhel:8", ["nginx"])["nginx"]
    assert row == AffectedRow(
        generation="osv",
        ref=1,
        advisory="DSA-5477-1",
        leads=SAMBA.cves,
        package="samba",
        names="source",
        scheme="deb",
        introduced="",
        fixed=LDB.fixed,
        last_affected="",
        introduced_key=None,
        fixed_key=key("deb", LDB.fixed),
        last_affected_key=None,
        state="fixed",
        vendor_state="resolved",
        severity="medium",
        only_if=(),
    )
    assert guarded.only_if == GUARDED.only_if
    assert guarded.introduced_key == key("rpm", "1:1.14.0-1")
    assert guarded.last_affected_key == key("rpm", "1:1.16.1-1")


def test_details_come_without_rows(tmp_path: Path) -> None:
    write(tmp_path, [advisory(1), SAMBA])
    with AdvisoryStore(tmp_path).open() as reader:
        found = reader.advisories([("osv", 2), ("osv", 99), ("nobody", 1)])
        with pytest.raises(StoreError, match="no advisory 99 in generation osv"):
            reader.advisory("osv", 99)
        assert reader.advisory("osv", 2) == found["osv", 2]
    assert list(found) == [("osv", 2)]
    assert found["osv", 2].affected == ()
    assert found["osv", 2].vectors == SAMBA.vectors


def test_coverage_and_enrichment_name_their_generation(tmp_path: Path) -> None:
    write(tmp_path, [SAMBA, COVERED], feed="archive", knows="fixed")
    write(tmp_path, [ENRICHED, Enrichment("CVE-1")], feed="kev", knows="enrichment")
    write(tmp_path, [Enrichment(ENRICHED.id, rejected=True)], feed="nvd", knows="enrichment")
    with AdvisoryStore(tmp_path).open() as reader:
        assert reader.coverage("debian:12", {"samba", "zlib"}) == {("archive", "samba"): COVERED}
        assert reader.coverage("debian:13", {"samba"}) == {}
        found = reader.enrichments({ENRICHED.id, "CVE-2"})
        assert [g.name for g in reader.speaks_for("debian:12")] == ["archive"]
        assert reader.speaks_for("debian:13") == ()
    assert found == {ENRICHED.id: (("kev", ENRICHED), ("nvd", Enrichment(ENRICHED.id, rejected=True)))}


def test_withdrawn_advisories_are_kept_but_left_out_unless_asked_for(tmp_path: Path) -> None:
    write(tmp_path, [advisory(1), Advisory("A-2", "osv", affected=(LDB,), withdrawn=True)])
    with AdvisoryStore(tmp_path).open() as reader:
        wanted = {"samba"}
        assert [row.advisory for row in reader.rows("debian:12", wanted)["samba"]] == ["A-1"]
        assert [row.advisory for row in reader.all_rows("debian:12")] == ["A-1"]
        assert len(reader.rows("debian:12", wanted, include_withdrawn=True)["samba"]) == 2
        assert len(list(reader.all_rows("debian:12", include_withdrawn=True))) == 2
        assert reader.about("A-2") == []
        assert [row.advisory for row in reader.about("A-2", include_withdrawn=True)] == ["A-2"]
        assert reader.advisory("osv", 2).withdrawn


def test_what_is_about_an_id_is_found_on_all_platforms(tmp_path: Path) -> None:
    write(tmp_path, [SAMBA, advisory(2)])
    write(tmp_path, [advisory(3, cves=SAMBA.cves[:1])], label="other")
    with AdvisoryStore(tmp_path).open() as reader:
        rows = reader.about("CVE-2023-34966")
        assert reader.about("DSA-5477-1") == []
    assert [(row.generation, row.package) for row in rows] == [
        ("osv", "samba"), ("osv", "nginx"), ("osv@other", "samba"),
    ]  # fmt: skip


def test_aliases_merge_over_generations_and_one_id_leads(tmp_path: Path) -> None:
    write(tmp_path, [Advisory("ALAS-1", "a", aliases=("GHSA-1",)), Advisory("ALAS-2", "a")], feed="a")
    write(tmp_path, [Advisory("GHSA-1", "b", aliases=("CVE-1",)), SAMBA], feed="b")
    with AdvisoryStore(tmp_path).open() as reader:
        found = reader.aliases(["ALAS-1", "ALAS-2", "GHSA-1", "CVE-1", "DSA-5477-1", "X-9"])
    assert found == {
        "ALAS-1": ("CVE-1",),
        "ALAS-2": ("ALAS-2",),
        "GHSA-1": ("CVE-1",),
        "CVE-1": ("CVE-1",),
        "DSA-5477-1": SAMBA.cves,
        "X-9": ("X-9",),
    }


def test_aliases_that_go_in_circles_end(tmp_path: Path) -> None:
    write(tmp_path, [Advisory(f"A-{n}", "a", aliases=(f"A-{(n + 1) % 50}",)) for n in range(50)])
    with AdvisoryStore(tmp_path).open() as reader:
        assert reader.aliases(["A-7"]) == {"A-7": ("A-6",)}


def test_versions_that_are_none_are_kept_and_counted(tmp_path: Path) -> None:
    bad = (
        Affected("debian:12", "samba", "deb", fixed="no version at all"),
        Affected("debian:12", "samba", "deb", introduced="1 2", fixed="also bad"),
        Affected("debian:12", "samba", "unheard-of", fixed="1.0"),
    )
    generation = write(tmp_path, [advisory(1, LDB, *bad)])
    with AdvisoryStore(tmp_path).open() as reader:
        rows = reader.rows("debian:12", {"samba"})["samba"]
    found = {row.unreadable: row.fixed_key for row in rows}
    assert {text: fixed is None for text, fixed in found.items()} == {
        "": False, "no version at all": True, "also bad": True, "1.0": True,
    }  # fmt: skip
    assert [note.split(",")[0] for note in generation.notes] == [
        "2 affected rows name a version that is none of scheme deb",
        "1 affected rows name a version that is none of scheme unheard-of",
    ]


def test_versions_can_be_compared_in_sql(tmp_path: Path) -> None:
    import sqlite3

    fixes = ["1:0.5-1", "0.9", "0.10", "0.10~rc1"]
    write(tmp_path, [advisory(n, Affected("debian:12", "p", "deb", fixed=v)) for n, v in enumerate(fixes)])
    (path,) = tmp_path.glob("*.sqlite")
    connection = sqlite3.connect(path)
    found = connection.execute(
        "SELECT v.text FROM package AS p JOIN affected AS f ON f.package = p.id JOIN version AS v ON v.id = f.fixed"
        " WHERE p.platform = 1 AND p.name = 'p' AND v.key > ? ORDER BY v.key",
        (key("deb", "0.9"),),
    )
    assert [version for (version,) in found] == ["0.10~rc1", "0.10", "1:0.5-1"]
    connection.close()


@pytest.mark.parametrize(
    ("dates", "newest"),
    [
        pytest.param(["2026-01-02", "2025-12-31T23:59:59Z"], "2026-01-02", id="the latest counts"),
        pytest.param(["2026-11-25", "2026-01-02"], "2026-01-02", id="a day after the load does not"),
        pytest.param(["9999-99-99", "2026-02-31", "yesterday", ""], CREATED, id="garbage does not"),
        pytest.param(["2026-11-24T23:00:00Z"], "2026-11-24", id="the day of the load does"),
    ],
)
def test_age_counts_from_the_newest_record(tmp_path: Path, dates: list[str], newest: str) -> None:
    records = [Advisory(f"A-{n}", "osv", modified=date) for n, date in enumerate(dates)]
    assert write(tmp_path, records).newest == newest


def test_equal_input_has_an_equal_digest(tmp_path: Path) -> None:
    first = write(tmp_path / "a", [SAMBA, ENRICHED, COVERED])
    again = write(tmp_path / "b", [SAMBA, ENRICHED, COVERED], created="2026-11-25T00:00:00Z")
    other = write(tmp_path / "c", [SAMBA, ENRICHED])
    assert first.digest == again.digest != other.digest


def test_lone_surrogates_of_a_hostile_feed_become_question_marks(tmp_path: Path) -> None:
    bad = "x\ud800y"
    row = Affected(bad, bad, bad, bad, bad, bad, "affected", bad, "any", bad, (Condition(bad, (bad,)),))
    write(tmp_path, [Advisory(bad, bad, bad, (row,), (bad,), (bad,), description=bad), Enrichment(bad)], label=bad)
    with AdvisoryStore(tmp_path).open() as reader:
        (found,) = reader.rows("x?y", ["x?y"])["x?y"]
        assert found.leads == ("x?y",)
        assert reader.generations[0].name == "osv@x?y"
        assert "x?y" in reader.enrichments(["x?y"])


def test_more_names_than_a_query_takes(tmp_path: Path) -> None:
    packages = [f"p{n}" for n in range(2_300)]
    affected = tuple(Affected("debian:12", package, "deb", fixed="1") for package in packages)
    write(tmp_path, [advisory(1, *affected)])
    with AdvisoryStore(tmp_path).open() as reader:
        assert set(reader.rows("debian:12", packages)) == set(packages)
        assert [row.package for row in reader.all_rows("debian:12")] == sorted(packages)


def test_what_rows_share_is_remembered_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shindan.store.generation_writer._MOST_SHARED", 3)
    rows = [
        Affected("debian:12", f"p{n % 7}", "deb", fixed=f"1.{n % 5}" if n % 4 else "no version", severity=str(n % 6))
        for n in range(200)
    ]
    generation = write(tmp_path, [advisory(n, *rows[n * 10 : n * 10 + 10]) for n in range(20)])
    with AdvisoryStore(tmp_path).open() as reader:
        by_name = reader.rows("debian:12", [f"p{n}" for n in range(7)])
        streamed = list(reader.all_rows("debian:12"))
    found = [row for own in by_name.values() for row in own]
    assert sorted(map(_shape, found), key=repr) == sorted(map(_shape, rows), key=repr)
    assert sorted(found) == sorted(streamed)
    assert [row.package for row in streamed] == sorted(row.package for row in rows)
    assert generation.notes[0].startswith("50 affected rows name a version that is none of scheme deb")


def test_rows_that_refer_to_nothing_are_told(tmp_path: Path) -> None:
    import sqlite3

    write(tmp_path, [SAMBA])
    (path,) = tmp_path.glob("*.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM version")
    connection.close()
    with AdvisoryStore(tmp_path).open() as reader, pytest.raises(StoreError, match="something that is not there"):
        reader.rows("debian:12", ["samba"])


def test_a_merged_enrichment_keeps_the_best_of_each() -> None:
    other = Enrichment(
        ENRICHED.id,
        vectors=(Vector("cna:x", "3.1", "CVSS:3.1/AV:L", 5.0), *ENRICHED.vectors),
        epss=Epss(0.5, 0.5, "2020-01-01"),
        description="A much longer description.",
        references=("https://example.org/c", "https://example.org/d"),
        published="2022-01-01",
        modified="2023-01-01",
        rejected=True,
    )
    merged = merge([ENRICHED, other])
    assert merged.vectors == (*ENRICHED.vectors, other.vectors[0])
    assert (merged.epss, merged.kev) == (ENRICHED.epss, ENRICHED.kev)
    assert merged.description == other.description
    assert merged.references == ("https://example.org/c", "https://example.org/d")
    assert (merged.published, merged.modified, merged.rejected) == ("2022-01-01", "2024-01-01", True)


# ── any record at all ──

WORD = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
WORDS = st.lists(WORD, max_size=3).map(tuple)
NUMBER = st.floats(0, 10, allow_nan=False)
VECTORS = st.lists(st.builds(Vector, WORD, WORD, WORD, NUMBER), max_size=2).map(tuple)
AFFECTED = st.builds(
    Affected,
    platform=st.sampled_from(["debian:12", "rhel:8", ""]),
    package=WORD,
    scheme=st.sampled_from(["deb", "rpm", "apk", "none"]),
    introduced=st.sampled_from(["", "1.0", "?"]),
    fixed=st.one_of(st.sampled_from(["", "1.2-3", "1:2~rc1"]), WORD),
    last_affected=st.sampled_from(["", "3-4"]),
    state=st.sampled_from(["affected", "fixed", "not_affected", "end_of_life"]),
    vendor_state=WORD,
    names=st.sampled_from(["source", "binary", "any"]),
    severity=WORD,
    only_if=st.lists(st.builds(Condition, WORD, WORDS), max_size=2).map(tuple),
)
ADVISORY = st.builds(
    Advisory,
    id=WORD,
    feed=WORD,
    title=WORD,
    affected=st.lists(AFFECTED, max_size=4).map(tuple),
    cves=WORDS,
    aliases=WORDS,
    severity=WORD,
    vectors=VECTORS,
    description=WORD,
    references=WORDS,
    published=WORD,
    modified=WORD,
    withdrawn=st.booleans(),
)
ENRICHMENT = st.builds(
    Enrichment,
    id=WORD,
    vectors=VECTORS,
    epss=st.none() | st.builds(Epss, NUMBER, NUMBER, WORD),
    kev=st.none() | st.builds(Kev, WORD, WORD, WORD, WORD, st.booleans()),
    description=WORD,
    references=WORDS,
    published=WORD,
    modified=WORD,
    rejected=st.booleans(),
)


def _shape(row: Affected | AffectedRow) -> tuple[object, ...]:
    return (
        row.package, row.scheme, row.introduced, row.fixed, row.last_affected, row.state, row.vendor_state,
        row.names, row.severity, row.only_if,
    )  # fmt: skip


@settings(max_examples=60)
@given(st.lists(ADVISORY, min_size=1, max_size=4), st.lists(ENRICHMENT, max_size=4))
def test_any_record_round_trips(advisories: list[Advisory], enrichments: list[Enrichment]) -> None:
    with TemporaryDirectory() as folder:
        generation = write(Path(folder), [*advisories, *enrichments])
        with AdvisoryStore(Path(folder)).open() as reader:
            rows = [row for p in generation.platforms for row in reader.all_rows(p, include_withdrawn=True)]
            found = reader.advisories(("osv", n) for n in range(1, len(advisories) + 1))
            enriched = reader.enrichments({e.id for e in enrichments})
    for number, wanted in enumerate(advisories, 1):
        mine = [row for row in rows if row.ref == number]
        assert sorted(map(_shape, mine), key=repr) == sorted(map(_shape, wanted.affected), key=repr)
        assert all(row.leads == wanted.leads and row.advisory == wanted.id for row in mine)
        got = found["osv", number]
        assert got == Advisory(**{**{s: getattr(wanted, s) for s in wanted.__slots__}, "affected": ()})
    assert [e for pairs in enriched.values() for _, e in pairs] != [] or not enrichments
    for enrichment in enrichments:
        assert ("osv", enrichment) in enriched[enrichment.id]


def test_an_absent_folder_holds_nothing(tmp_path: Path) -> None:
    store = AdvisoryStore(tmp_path / "nowhere")
    assert store.generations() == ()
    with store.open() as reader:
        assert reader.rows("debian:12", {"samba"}) == {}
    assert not (tmp_path / "nowhere").exists()
    assert ids(tmp_path) == []
