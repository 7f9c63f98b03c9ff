"""Which version fixed which CVE: real changelogs, wordings, and what must never crash."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds.archive_changelog import Fix, entries, fixes
from shindan.versions import compare
from support import REPOSITORY

REAL = REPOSITORY / "tests" / "feeds" / "archive"
BOOKWORM = ("bookworm", "stable", "oldstable")


def real(package: str, *shipped: str) -> dict[str, Fix]:
    text = (REAL / f"{package}.changelog").read_text(encoding="utf-8")
    return {fix.cve: fix for fix in fixes(entries(text), BOOKWORM, shipped)}


def lacks(fix: Fix, version: str) -> bool:
    """What the matcher makes of a fix's two versions."""
    below = compare("deb", version, fix.fixed) == -1
    return below and (not fix.until or compare("deb", version, fix.until) in (-1, 0))


def changelog(*versions: tuple[str, str, str]) -> str:
    """Entries (version, suites, text), newest first."""
    return "\n".join(
        f"pkg ({version}) {suites}; urgency=medium\n\n{text}\n\n -- A <a@b.c>  Mon, 01 Jan 2024 00:00:00 +0000\n"
        for version, suites, text in versions
    )


# ── rebuilds carry entries of versions that the suite never shipped ──


@pytest.mark.parametrize(
    ("package", "shipped", "cve", "fixed"),
    [
        ("less", ("590-2.1~deb12u2",), "CVE-2022-48624", "590-2.1~deb12u1"),
        ("less", ("590-2.1~deb12u2",), "CVE-2024-32487", "590-2.1~deb12u1"),
        ("libxml2", ("2.9.14+dfsg-1.3~deb12u6",), "CVE-2022-2309", "2.9.14+dfsg-1.3~deb12u1"),
        ("libxml2", ("2.9.14+dfsg-1.3~deb12u6",), "CVE-2025-49794", "2.9.14+dfsg-1.3~deb12u3"),
        ("libxml2", ("2.9.14+dfsg-1.3~deb12u6",), "CVE-2025-49796", "2.9.14+dfsg-1.3~deb12u3"),
        ("libxml2", ("2.9.14+dfsg-1.3~deb12u6",), "CVE-2026-1757", "2.9.14+dfsg-1.3~deb12u6"),
        ("openjdk-17", ("17.0.20.1+1-1~deb12u1",), "CVE-2026-61308", "17.0.20.1+1-1~deb12u1"),
        ("openjdk-17", ("17.0.20.1+1-1~deb12u1",), "CVE-2026-46968", "17.0.20+8-1~deb12u1"),
        ("openjdk-17", ("17.0.20.1+1-1~deb12u1",), "CVE-2026-22016", "17.0.20+8-1~deb12u1"),
        (
            "openjdk-17", ("17.0.20.1+1-1~deb12u1", "17.0.19+10-1~deb12u2"), "CVE-2026-22016", "17.0.19+10-1~deb12u2",
        ),
    ],
)  # fmt: skip
def test_the_fixed_version_is_the_first_one_of_the_suite(
    package: str, shipped: tuple[str, ...], cve: str, fixed: str
) -> None:
    assert real(package, *shipped)[cve].fixed == fixed


@pytest.mark.parametrize(
    ("package", "cve", "installed", "lacking"),
    [
        ("less", "CVE-2022-48624", "590-2", True),
        ("less", "CVE-2022-48624", "590-2.1~deb12u1", False),
        ("less", "CVE-2022-46663", "590-2", False),
        ("less", "CVE-2022-46663", "590-1.2", False),
        ("less", "CVE-2022-46663", "590-1.1", True),
        ("libxml2", "CVE-2025-49796", "2.9.14+dfsg-1.3~deb12u2", True),
        ("libxml2", "CVE-2025-49796", "2.9.14+dfsg-1.3", False),  # sorts above all of the suite: not the suite's
        ("libxml2", "CVE-2022-2309", "2.9.14+dfsg-1.2", True),
        ("libxml2", "CVE-2023-28484", "2.9.14+dfsg-1.2", False),
        ("openjdk-17", "CVE-2026-46968", "17.0.19+10-1~deb12u2", True),  # the changelog has no entry of it
        ("openjdk-17", "CVE-2026-46968", "17.0.20+8-1~deb12u1", False),
        ("openjdk-17", "CVE-2026-22016", "17.0.19+10-1~deb12u2", False),  # a rebuild of the version with the fix
        ("openjdk-17", "CVE-2026-22016", "17.0.15+6-1~deb12u1", True),
        ("openjdk-17", "CVE-2026-61308", "17.0.20+8-1~deb12u1", True),
    ],
)
def test_a_host_lacks_exactly_what_stands_above_its_version(
    package: str, cve: str, installed: str, lacking: bool
) -> None:
    assert lacks(real(package)[cve], installed) is lacking


def test_a_version_that_migrated_and_was_replaced_is_not_lacking() -> None:
    text = changelog(
        ("1.2-1+deb12u1", "bookworm", "  * Unrelated."),
        ("1.2-1", "unstable", "  * Fix CVE-2020-1111."),
        ("1.1-3", "unstable", "  * Older."),
    )
    (fix,) = fixes(entries(text), BOOKWORM, ("1.2-1+deb12u1",))
    assert (fix.fixed, lacks(fix, "1.2-1"), lacks(fix, "1.1-3"), lacks(fix, "1.1-3+deb12u9")) == (
        "1.2-1+deb12u1", False, True, True,
    )  # fmt: skip


def test_an_older_branch_that_the_changelog_does_not_name_is_lacking() -> None:
    text = changelog(
        ("2.0-0+deb12u1", "bookworm-security", "  * New upstream release: CVE-2020-1111."),
        ("1.1-1", "unstable", "  * Older."),
    )
    (fix,) = fixes(entries(text), BOOKWORM, ())
    assert lacks(fix, "1.1-1+deb12u4")


def test_an_ubuntu_update_without_a_suffix_of_its_own() -> None:
    text = changelog(
        ("3.0.13-0ubuntu3.5", "noble-security", "  * SECURITY UPDATE: timing\n    - CVE-2024-13176"),
        ("3.0.13-0ubuntu3.4", "noble", "  * Rebuild."),
        (
            "3.0.13-0ubuntu3",
            "noble",
            "  * SECURITY UPDATE: old\n    - debian/patches/CVE-2024-0727.patch\n    - CVE-2024-0727",
        ),
        ("3.0.10-1ubuntu4", "noble", "  * First."),
    )
    found = {fix.cve: fix for fix in fixes(entries(text), ("noble",), ("3.0.13-0ubuntu3.5", "3.0.13-0ubuntu3"))}
    assert found["CVE-2024-13176"] == Fix("CVE-2024-13176", "3.0.13-0ubuntu3.5")
    assert found["CVE-2024-0727"].fixed == "3.0.13-0ubuntu3"


def test_backports_and_other_releases_are_not_the_suite() -> None:
    text = changelog(
        ("1.2-2~deb12u1", "bookworm", "  * Rebuild."),
        ("1.2-2", "unstable", "  * Nothing."),
        ("1.2-1~bpo12+1", "bookworm-backports", "  * Rebuild."),
        ("1.2-1", "unstable", "  * Fix CVE-2020-1111."),
        ("1.0-1", "unstable", "  * First."),
    )
    (fix,) = fixes(entries(text), BOOKWORM, ("1.2-2~deb12u1",))
    assert fix.fixed == "1.2-2~deb12u1"


def test_what_the_oldest_entry_fixes_nobody_is_known_to_lack() -> None:
    assert list(fixes(entries(changelog(("1.0-1", "unstable", "  * Fix CVE-2020-1111."))), BOOKWORM, ())) == []


# ── wordings ──

FIXED, NOT, REVERTED = "fixes", "nothing", "reverts"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("  * Fix CVE-2024-0001.", FIXED),
        ("  * CVE-2024-0001: heap overflow (Closes: #1)", FIXED),
        ("  * New upstream release.\n    - Includes the fix for CVE-2024-0001.", FIXED),
        ("  [ A Person ]\n  * d/patches: cherry-pick\n    the fix of\n    CVE-2024-0001", FIXED),
        ("    - foo: bar (CVE-2024-0001)", FIXED),
        ("  * Not affected by CVE-2024-0001.", NOT),
        ("  * This does not fix CVE-2024-0001 yet.", NOT),
        ("  * Disable libidn support because CVE-2024-0001 is still not fixed.", NOT),
        ("  * Still vulnerable to CVE-2024-0001", NOT),
        ("  * Revert the fix for CVE-2024-0001, it breaks everything.", REVERTED),
        ("  * Reverted patch for CVE-2024-0001 (regression)", REVERTED),
        ("  * Revert CVE-2024-0001.patch", REVERTED),
        ('  * Revert "Fix CVE-2024-0001"', REVERTED),
        ("  * Back out the changes for CVE-2024-0001.", REVERTED),
        ("  * SECURITY REGRESSION: it crashed\n    - debian/patches/CVE-2024-0001.patch: disabled pending work", REVERTED),
        ("  * Disable the patch for CVE-2024-0001", REVERTED),
        ("  * Revert these patches:\n    - CVE-2024-0001\n    - other", REVERTED),
        ("  * Revert commit abc to fix CVE-2024-0001", FIXED),
        ("  * CVE-2024-0001: revert the commit that brought it", FIXED),
        ('    - Revert "media: fix error handling in\n      register()" (CVE-2024-0001)', FIXED),
        ("  * don't call kfree_skb() with interrupts disabled (XSA-424,\n    CVE-2024-0001)", FIXED),
        ("  * Revert these:\n    - a thing\n  * Fix CVE-2024-0001", FIXED),
        ("  * Nothing about CVE-24-1 or CVE-2024-1", NOT),
    ],
)  # fmt: skip
def test_wordings(text: str, meaning: str) -> None:
    (entry,) = entries(changelog(("1.0-1", "unstable", text)))
    said = {"CVE-2024-0001"}
    assert (set(entry.fixes), set(entry.reverts)) == {
        FIXED: (said, set()), NOT: (set(), set()), REVERTED: (set(), said),
    }[meaning]  # fmt: skip


def test_ids_that_share_a_year_are_each_named() -> None:
    (entry,) = entries(changelog(("1-1", "unstable", "  * Fix CVE-2025-49794 and -49796, CVE-2020-1111/-2222")))
    assert entry.fixes == {"CVE-2025-49794", "CVE-2025-49796", "CVE-2020-1111", "CVE-2020-2222"}


def test_a_fix_that_was_reverted_is_none_until_it_comes_back() -> None:
    reverted = (
        ("1.0-3", "bookworm", "  * Revert the fix for CVE-2020-1111."),
        ("1.0-2", "bookworm", "  * Fix CVE-2020-1111, CVE-2020-2222."),
        ("1.0-1", "bookworm", "  * First."),
    )
    assert {fix.cve for fix in fixes(entries(changelog(*reverted)), BOOKWORM, ())} == {"CVE-2020-2222"}
    again = (("1.0-4", "bookworm", "  * Fix CVE-2020-1111 again."), *reverted)
    found = {fix.cve: fix.fixed for fix in fixes(entries(changelog(*again)), BOOKWORM, ())}
    assert found == {"CVE-2020-1111": "1.0-4", "CVE-2020-2222": "1.0-2"}


def test_a_version_that_is_none_is_passed_over() -> None:
    text = changelog(
        ("2.0-1", "bookworm", "  * Fix CVE-2020-1111."),
        ("_broken_", "unstable", "  * x"),
        ("1.0-1", "unstable", "  * x"),
    )
    (fix,) = fixes(entries(text), BOOKWORM, ())
    assert fix == Fix("CVE-2020-1111", "2.0-1")


# ── what must hold for any text ──

VERSIONS = st.from_regex(
    r"[0-9]{1,2}(\.[0-9]{1,2})?(~rc1|\+dfsg)?-[0-9](~deb12u[1-9]|\+deb12u[1-9]|~bpo12\+1)?", fullmatch=True
)
LINES = st.sampled_from(
    [
        "  * Fix CVE-2020-1111.",
        "  * Revert the fix for CVE-2020-1111.",
        "    - CVE-2021-22222",
        "",
        "text",
        "\t* \u2028 x",
        "  *",
    ]
)
ENTRIES = st.tuples(
    VERSIONS, st.sampled_from(["unstable", "bookworm", "bookworm-security"]), st.lists(LINES, max_size=5).map("\n".join)
)


@given(st.text(st.sampled_from("pkg (1.0-1~) ;\n *-CVE20revert\t\x00é"), max_size=300))
@settings(max_examples=150)
def test_any_text_is_read_without_a_crash(text: str) -> None:
    list(fixes(entries(text), BOOKWORM, ()))


@given(st.lists(ENTRIES, max_size=8), st.lists(VERSIONS, max_size=3))
@settings(max_examples=150)
def test_a_fix_names_the_suite_s_own_version_and_never_lacks_itself(
    listed: list[tuple[str, str, str]], shipped: list[str]
) -> None:
    found = entries(changelog(*listed))
    assert len(found) == len(listed)
    for fix in fixes(found, BOOKWORM, shipped):
        assert fix.fixed in {entry.version for entry in found} | set(shipped)
        assert not lacks(fix, fix.fixed)
        assert not fix.until or compare("deb", fix.until, fix.fixed) == -1


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("* Fix heap overflow in the parser (CVE-2026-1000)", "Fix heap overflow in the parser"),
        (
            "* CVE-2026-1000: integer overflow when a chunk is read (Closes: #1)",
            "integer overflow when a chunk is read",
        ),
        ('* CVE-2026-1000 ("Fix potential NULL dereference")', "Fix potential NULL dereference"),
        ("- tipc: fix memleak of a socket (CVE-2026-1000, CVE-2026-1001)", "tipc: fix memleak of a socket"),
        ("* CVE-2026-1000", ""),
        ("* Fixes CVE-2026-1000 and CVE-2026-1001.", ""),
    ],
    ids=["id in brackets", "id first", "quoted", "several ids", "id alone", "ids alone"],
)
def test_what_an_item_says_beside_the_id_is_its_title(item: str, text: str) -> None:
    changelog = (
        f"a (2-1) bookworm-security; urgency=high\n\n  {item}\n\n -- A <a@b.c>  Mon, 01 Jun 2026 10:00:00 +0000\n"
    )
    (entry,) = entries(changelog)
    assert entry.texts["CVE-2026-1000"] == text
