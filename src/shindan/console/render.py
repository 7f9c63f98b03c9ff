"""Templates with what all of them need: texts, moments and numbers of a language, icons, columns, assets."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from shindan.console import assets
from shindan.console.columns import columns
from shindan.console.harmless import harmless, shortened
from shindan.console.pictures import bars, donut, icon, share
from shindan.console.refusal_words import said_of
from shindan.locale import LANGUAGES, formats, translator
from shindan.model.errors import ShindanError
from shindan.service.present import milliseconds

_HERE = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True, slots=True)
class Words:
    """A language with a time zone (IANA's name; "" is UTC)."""

    language: str
    zone: str = ""

    def text(self, text: str, /, **values: object) -> str:
        """A text in this language; `%(name)s` in it are `values`."""
        found = translator(self.language).gettext(text)
        return found % values if values else found

    def counted(self, one: str, many: str, count: int, /, **values: object) -> str:
        """A text that says a number, `%(num)s`, in this language."""
        return translator(self.language).ngettext(one, many, count) % {
            "num": formats.number(count, self.language),
            **values,
        }

    def moment(self, at: int | None) -> Markup:
        """A moment (milliseconds) as `<time>`, to the minute; a dash where there is none."""
        return self._time(at, lambda at: formats.moment(at, self.language, self.zone))

    def ago(self, at: int | None) -> Markup:
        """A moment as how long ago it was."""
        return self._time(at, lambda at: formats.ago(at, milliseconds(), self.language))

    def day(self, at: int | None) -> Markup:
        """The date of a moment."""
        return self._time(at, lambda at: formats.day(at, self.language, self.zone))

    def said(self, error: ShindanError) -> tuple[str, str]:
        """What an error says and what to do about it, in this language as far as there are words for it."""
        return said_of(error, self.text)

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """What templates call: texts as markup, with values escaped; moments, numbers, sizes, spans."""
        language = self.language
        return {
            "_": self._text, "gettext": self._text, "ngettext": self._counted, "moment": self.moment, "ago": self.ago,
            "day": self.day, "said": self.said,
            "number": lambda value: formats.number(value, language),
            "compact": lambda value: formats.compact(value, language),
            "percent": lambda value, digits=0: formats.percent(value, language, digits),
            "size": lambda value: formats.size(value, language),
            "span": lambda seconds: formats.span(seconds, language),
            "listed": lambda words: formats.listed(list(map(str, words)), language),
        }  # fmt: skip

    def _text(self, text: str, /, **values: object) -> Markup:
        # A text is the project's own, and escaped all the same; what is put into it is others'.
        found = Markup.escape(translator(self.language).gettext(text))
        return found % {name: escape(harmless(value)) for name, value in values.items()} if values else found

    def _counted(self, one: str, many: str, count: int, /, **values: object) -> Markup:
        found = Markup.escape(translator(self.language).ngettext(one, many, count))
        shown = {"num": formats.number(count, self.language), **values}
        return found % {name: escape(harmless(value)) for name, value in shown.items()}

    def _time(self, at: int | None, shown: Callable[[int], str]) -> Markup:
        if at is None:
            return Markup("–")
        machine = datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
        full = formats.full_moment(at, self.language, self.zone)
        return Markup('<time datetime="{}" title="{}">{}</time>').format(machine, full, shown(at))


@functools.cache
def environment() -> Environment:
    """The console's templates: all that is put in is escaped, and made harmless first."""
    made = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do"],
    )
    made.filters.update(shortened=shortened, data=data)
    made.globals.update(
        asset=lambda name: assets.asset(name).address, columns=columns, icon=icon, bars=bars, donut=donut, share=share,
        languages=LANGUAGES,
    )  # fmt: skip
    return made


def data(value: object) -> str:
    """A value as JSON for a `data-` attribute; the template engine escapes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
