"""What strangers say: a plugin, an adapter or an agency may repeat a debtor's data, or a secret, in a message. Such a text goes no further.

Whoever raises one of our errors promises a text without such data; this is the net below that promise. It finds whole values only: who
spells a name differently slips through.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import TypeVar

from pydantic import BaseModel, SecretBytes, SecretStr

from inkasso_core.errors import AgencyError, InkassoError
from inkasso_core.model.agency import StatusReport, Submission
from inkasso_core.model.claim import Claim
from inkasso_core.model.words import Text

E = TypeVar("E", bound=InkassoError)
A = TypeVar("A", Submission, StatusReport)
AGENCY_QUOTES = Text(
    "Die Agentur oder ihre Anbindung meldet einen Fehler ({error}), dessen Text Daten des Schuldners oder ein Geheimnis wiederholt: "
    "`inkasso show` zeigt ihn dem, der die Forderung sehen darf.",
    "The agency or its adapter reports an error ({error}) whose text repeats the debtor's data or a secret: `inkasso show` shows it to "
    "whoever may see the claim.",
)
_SHORTEST = 4
"""Characters: shorter values, such as a country or a house number, stand in many texts by chance."""


def repeats(text: str, values: Iterable[str]) -> bool:
    """True where one of the values stands in the text, as words of their own."""
    folded = text.casefold()
    return any(
        len(word) >= _SHORTEST and word in folded and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", folded) is not None
        for word in (value.casefold().strip() for value in values)
    )


def of_debtors(claims: Iterable[Claim]) -> list[str]:
    """Return what claims say about their debtors."""
    return [value for claim in claims for part in (claim.debtor, claim.dispute, claim.note) for value in _values(part)]


def of_record(payload: Mapping[str, object]) -> list[str]:
    """Return what may be about a person in a shop's own record: everything but words in small letters, which are codes as a rule."""
    return [value for value in _values(payload) if not (value.isalpha() and value.islower())]


def of_input(value: object) -> list[str]:
    """Return everything in a value that was refused, secrets included."""
    return [*_values(value), *_secrets(value)]


def of_secrets(settings: BaseModel) -> list[str]:
    """Return the secrets in somebody's settings."""
    return list(_secrets(settings))


def unsaid(error: E, values: Iterable[str], instead: Text) -> E:
    """Return the error; where it repeats one of the values, that part is taken out of it.

    The text is then ``instead``; an agency's own words move to ``raw``, which goes into the vault.
    """
    known = list(values)
    if repeats(" ".join(error.text), known):
        if isinstance(error, AgencyError):
            error.raw = {"said": error.text._asdict(), "raw": error.raw}
        error.text = instead.fill(error=type(error).__name__)
        error.args = (error.text.en,)
    if error.field is not None and repeats(error.field, known):
        error.field = None
    if isinstance(error, AgencyError):
        error.agency_code = None if repeats(error.agency_code or "", known) else error.agency_code
        error.fields = tuple(field for field in error.fields if not repeats(field, known))
    return error


def uncoded(answer: A, values: Iterable[str]) -> A:
    """Return the agency's answer; a status code that is none, since it repeats one of the values, is left out. ``raw`` has it all.

    So is a link to the portal, and a notice.
    """
    known, left_out = list(values), dict[str, object]()
    if repeats(answer.agency_status or "", known):
        left_out["agency_status"] = None
    if isinstance(answer, Submission):
        if repeats(answer.portal_url or "", known):
            left_out["portal_url"] = None
        left_out["notices"] = tuple(notice for notice in answer.notices if not repeats(" ".join(notice), known))
    return answer.model_copy(update=left_out) if left_out else answer


def _values(node: object) -> Iterator[str]:
    """Yield every value below ``node`` as text, in each form in which a text may hold it."""
    match node:
        case None | bool() | Enum():
            return
        case str():
            yield node
        case int() | float() | Decimal():
            yield str(node)
        case dt.date():
            yield from (node.isoformat(), node.strftime("%d.%m.%Y"))
        case BaseModel():
            yield from _values(list(vars(node).values()))
        case Mapping():
            yield from _values(list(node.values()))
        case list() | tuple():
            for item in node:
                yield from _values(item)


def _secrets(node: object) -> Iterator[str]:
    match node:
        case SecretStr():
            yield node.get_secret_value()
        case SecretBytes():
            yield node.get_secret_value().decode("utf-8", "replace")
        case BaseModel():
            yield from _secrets(list(vars(node).values()))
        case Mapping():
            yield from _secrets(list(node.values()))
        case list() | tuple():
            for item in node:
                yield from _secrets(item)
