"""Names by pattern: the database's condition is the reference's on both databases; filters out of order are refused."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from shindan.model.refusals import InvalidInput
from shindan.service.patterns import name_pattern, number_range
from shindan.store.database import Database
from shindan.store.patterns import contains, like
from stores import BACKENDS, databases

LETTERS = "aAb*?[]%_\\^-é"


@pytest.fixture(params=BACKENDS, scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    yield from databases(request.param, tmp_path_factory.mktemp("patterns"))


def matches(database: Database, name: str, pattern: str) -> bool:
    with database.read() as connection:
        return bool(connection.execute(select(like(connection, literal(name), pattern))).scalar())


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("weekly", "weekly", True),
        ("weekly", "weekly2", False),
        ("week*", "weekly", True),
        ("*", "anything", True),
        ("**ly", "weekly", True),
        ("w?ekly", "weekly", True),
        ("w?ekly", "wekly", False),
        ("WEEK*", "weekly", False),
        ("100%", "100%", True),
        ("100%", "1000", False),
        ("a_b", "axb", False),
        ("[a]", "a", False),
        ("[a]", "[a]", True),
        ("a\\*", "a\\b", True),
        ("*é", "café", True),
    ],
)
def test_wildcards(database: Database, pattern: str, name: str, found: bool) -> None:
    assert matches(database, name, pattern) is found


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(LETTERS, min_size=1, max_size=6), pattern=st.text(LETTERS, min_size=1, max_size=6))
def test_any_pattern_means_the_same_everywhere(database: Database, name: str, pattern: str) -> None:
    assert matches(database, name, pattern) is fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


def test_many_stars_cost_little(database: Database) -> None:
    assert not matches(database, "a" * 139, "a*" * 69 + "b")


def test_a_part_of_a_text_is_found_without_case(database: Database) -> None:
    with database.read() as connection:
        found = [
            connection.execute(select(contains(literal("Web-01.example"), part))).scalar() for part in ("wEB", "_", "")
        ]
    assert [bool(one) for one in found] == [True, False, True]


@pytest.mark.parametrize("pattern", ["", "x" * 141, "a\0", "\ud800"], ids=["empty", "long", "NUL", "half a character"])
def test_a_pattern_that_no_name_could_match(pattern: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        name_pattern(pattern, "CODE")
    assert caught.value.code == "CODE"


@pytest.mark.parametrize("given_", [(10, 5), (1, None), (None, 100)], ids=["turned round", "too low", "too high"])
def test_a_range_that_holds_nothing(given_: tuple[int | None, int | None]) -> None:
    with pytest.raises(InvalidInput):
        number_range(given_, "CODE", least=2, most=99)
    assert number_range(None, "CODE") == (None, None)
    assert number_range((5, None), "CODE", least=2, most=99) == (5, None)
