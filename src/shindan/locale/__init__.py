"""The languages that people read Shindan in: catalogues of texts, and dates and numbers as each writes them."""

from __future__ import annotations

import functools
import gettext
import io
from pathlib import Path

from shindan.locale.accepted import best

__all__ = ["LANGUAGES", "negotiated", "translator"]

LANGUAGES = {"en": "English", "ja": "日本語"}
"""Every language by its code (BCP 47), in its own words. Texts in code and templates are in the first one."""

_HERE = Path(__file__).resolve().parent


@functools.cache
def translator(language: str) -> gettext.NullTranslations:
    """The texts of a language, with `gettext` and `ngettext`; of one that is unknown, those of code and templates.

    All `<language>/<topic>.po` are one catalogue; a text that stands in several has the same translation in each.
    """
    files = sorted((_HERE / language).glob("*.po")) if language in LANGUAGES else []
    if not files:
        return gettext.NullTranslations()
    # Babel's reader takes 30 ms to load, which English never needs.
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged = Catalog(locale=language)
    for file in files:
        with file.open("rb") as stream:
            for message in read_po(stream, locale=language):
                if message.id and not message.fuzzy:
                    merged.add(message.id, message.string)
    packed = io.BytesIO()
    write_mo(packed, merged)
    packed.seek(0)
    return gettext.GNUTranslations(packed)


def negotiated(header: str) -> str:
    """The language that suits an `Accept-Language` header best (RFC 9110, 12.5.4); the first one where none does."""
    return best(header, tuple(LANGUAGES))
