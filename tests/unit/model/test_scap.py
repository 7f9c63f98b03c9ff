"""SCAP content as templates name it."""

from __future__ import annotations

import pytest

from shindan.model.scap import CONTENT_KEY, PROFILE_KEY, ScapNamed, named

DIGEST = "ab" * 32


@pytest.mark.parametrize(
    "one",
    [
        ScapNamed("ssg-debian11-ds.xml", "standard"),
        ScapNamed("own.xml", "xccdf_org.ssgproject.content_profile_cis", DIGEST),
        ScapNamed("own.xml", "(all)".replace("(", "x(")),
    ],
)
def test_what_is_written_is_read(one: ScapNamed) -> None:
    assert named([("team", "red"), *one.attributes.items()]) == one
    assert all(len(value) <= 256 for value in one.attributes.values())


@pytest.mark.parametrize(
    "content",
    [
        "",
        "own",
        "/etc/own.xml",
        "../own.xml",
        "a/b.xml",
        "-o.xml",
        ".own.xml",
        "own.xml@sha256:12",
        "own.xml\n",
        "o n.xml",
    ],
)
def test_no_folder_no_option_no_torn_digest(content: str) -> None:
    with pytest.raises(ValueError, match=CONTENT_KEY):
        named([(CONTENT_KEY, content), (PROFILE_KEY, "standard")])


@pytest.mark.parametrize("profile", ["", None, "-p", "a b", "a\n"])
def test_a_profile_is_a_word(profile: str | None) -> None:
    with pytest.raises(ValueError, match=PROFILE_KEY):
        named([(CONTENT_KEY, "own.xml"), (PROFILE_KEY, profile)])
