"""Texts in the reader's language: gettext catalogues, kept as .po files so that translators can edit them."""

import gettext
import io
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from babel.core import Locale
from babel.dates import format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES: Final = ("en", "fr")
FOLDER: Final = Path(__file__).parent / "texts_po"


def marked(text: str) -> str:
    """Mark a text for translators, who find it by the name `_`."""
    return text


class Texts:
    """The texts, numbers and times of one language."""

    def __init__(self, language: str) -> None:
        """Use `Texts.of`."""
        self.language = language
        self._locale = Locale.parse(language)
        path = FOLDER / f"{language}.po"
        self._catalogue: gettext.NullTranslations = gettext.NullTranslations()
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, language)
            compiled = io.BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            self._catalogue = gettext.GNUTranslations(compiled)

    @staticmethod
    @cache
    def of(language: str) -> "Texts":
        """Those of a language of LANGUAGES; English for any other."""
        return Texts(language if language in LANGUAGES else "en")

    def gettext(self, text: str, **values: object) -> str:
        """A text, with `%(name)s` replaced."""
        found = self._catalogue.gettext(text)
        return found % values if values else found

    def ngettext(self, one: str, several: str, number: int, **values: object) -> str:
        """The text for that number, in which `%(num)s` and others are replaced."""
        return self._catalogue.ngettext(one, several, number) % {"num": self.number(number), **values}

    def number(self, value: float) -> str:
        """A number as it is written."""
        return str(format_decimal(value, locale=self._locale))

    def time(self, when: datetime) -> str:
        """A time, in UTC and said to be: colleagues in other countries read the same."""
        return f"{format_datetime(when, 'medium', locale=self._locale)} UTC"

    def ago(self, when: datetime, now: datetime) -> str:
        """How long ago, roughly."""
        return str(format_timedelta(when - now, add_direction=True, locale=self._locale))

    def span(self, duration: timedelta) -> str:
        """How long, roughly."""
        return str(format_timedelta(duration, locale=self._locale, threshold=1.5))
