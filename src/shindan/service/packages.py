"""The rules packages: listed under the configured region's names, accepted under every region's."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from shindan.model.arn import Arn, parse
from shindan.model.packages import PACKAGES, PackageName, RulesPackage, package, package_arn, package_of
from shindan.model.refusals import InvalidInput, NoSuchEntity
from shindan.service import paging
from shindan.service.caller import Caller
from shindan.service.described import Described, FailureCode, numbered
from shindan.service.service import Service


class Named(NamedTuple):
    """A well-formed name of a rules package, and which one it means; None for one that was never handed out."""

    arn: Arn
    name: PackageName | None


def list_(
    service: Service, caller: Caller, *, token: str | None = None, max_results: int | None = None
) -> paging.Page[str]:
    """The names of all packages in the caller's region."""
    length = paging.size(max_results)
    pager = paging.Pager(service.keys["paging"], paging.query("packages", caller.account, caller.region))
    start = pager.after(token) or 0
    part = paging.page(_names(caller.region)[start : start + length + 1], length, pager, lambda item: item[0])
    return paging.Page(tuple(name for _, name in part.items), part.next_token)


def describe(
    service: Service,  # noqa: ARG001 - all verbs have one form
    caller: Caller,  # noqa: ARG001
    arns: Sequence[str],
) -> Described[tuple[str, RulesPackage]]:
    """(name as it was given, package) of each. Raises InvalidInput for too few or too many names."""
    numbered(arns, "rulespackage")
    found: dict[str, RulesPackage] = {}
    failed: dict[str, FailureCode] = {}
    for text in arns:
        named = _named(text)
        if named is None:
            failed[text] = "INVALID_ARN"
        elif named.name is None:
            failed[text] = "ITEM_DOES_NOT_EXIST"
        elif text in found:
            failed[text] = "DUPLICATE_ARN"
        else:
            found[text] = package(named.name)
    return Described(tuple(found.items()), failed)


def named(arns: Sequence[str], *, most: int) -> list[Named]:
    """The packages that names mean, once each name. Raises InvalidInput for what is no name of one, or too many."""
    numbered(arns, "rulespackage", least=0, most=most)
    found = []
    for text in dict.fromkeys(arns):
        one = _named(text)
        if one is None:
            raise InvalidInput("INVALID_RULES_PACKAGE_ARN", f"{text[:300]!r} is not the ARN of a rules package")
        found.append(one)
    return found


def must_exist(wanted: Sequence[Named]) -> None:
    """Raises NoSuchEntity where one of the names was never handed out."""
    for one in wanted:
        if one.name is None:
            raise NoSuchEntity("RULES_PACKAGE_DOES_NOT_EXIST", f"there is no rules package {one.arn}")


@functools.lru_cache(maxsize=4)
def _names(region: str) -> tuple[tuple[int, str], ...]:
    return tuple((place, str(package_arn(region, one.name))) for place, one in enumerate(PACKAGES, 1))


def _named(text: str) -> Named | None:
    try:
        arn = parse(text)
    except ValueError:
        return None
    return Named(arn, package_of(arn)) if arn.kind == "rulespackage" else None
