"""Texts that people read, in German and English."""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["de", "en"]


class Text(NamedTuple):
    """One message in both languages."""

    de: str
    en: str

    def read(self, language: Language = "en") -> str:
        """Return the text in ``language``."""
        return self.de if language == "de" else self.en

    def fill(self, **values: object) -> Text:
        """Return the text with its ``{placeholders}`` filled in."""
        return Text(self.de.format(**values), self.en.format(**values))
