"""What an account wants of a claim: its thresholds, and how much the adjustable conditions weigh."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from inkasso_core.errors import ConfigurationError
from inkasso_core.model._base import Amount
from inkasso_core.model.codes import Country, Currency
from inkasso_core.model.words import Text
from inkasso_core.rules.labels import GROUPS, GROUPS_OF
from inkasso_core.rules.law.interest import DayCount
from inkasso_core.rules.table import BY_CODE

Days = Annotated[int, Field(ge=0, le=3650)]


class Policy(BaseModel):
    """The section ``[accounts.NAME.policy]`` of ``inkasso.toml``: practice to be set, no rules of law.

    Whether a condition is asked at all, and how much it weighs, is set in ``levels``: ``SUBJECT_MISSING = "warn"``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    currencies: tuple[Currency, ...] = Field(default=("EUR",), min_length=1)
    """The currencies that the agency takes (ISO 4217)."""
    countries: tuple[Country, ...] = Field(default=("DE",), min_length=1)
    """The debtors' countries in which the agency collects (ISO 3166-1, two letters)."""
    minimum: Amount = Decimal("20.00")
    """The least open principal that is worth it, in the claim's own currency; 0 for none."""
    maximum: Amount | None = None
    """The greatest open principal that goes this way, in the claim's own currency; left out for none."""
    reminders: int = Field(default=2, ge=0, le=9)
    """How many reminders must have been sent after the due date; 0 for none."""
    reminder_channels: tuple[str, ...] = ()
    """The channels that count, as the shop names them (``email``, ``letter``); empty: any, also where none is named."""
    reminder_deadline_days: Days = 14
    """Calendar days from sending that count as a reminder's deadline where it names none."""
    grace_days: int = Field(default=3, ge=0, le=60)
    """Bank days (Monday to Friday, a holiday counts as one) to wait after the last deadline, for payments under way."""
    reminder_max_age_days: Days = 90
    """Calendar days after which the last reminder is old."""
    levels: Mapping[str, Literal["block", "warn", "info", "off"]] = Field(default_factory=dict)
    """Code of an adjustable condition -> how much it weighs here. A fixed one cannot be changed."""
    groups: tuple[str, ...] | None = None
    """The groups of conditions in force, all conditions of one met is enough; left out, those of the shop's profile."""
    own_groups: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Name of a group of your own -> the codes that it asks besides what every group asks; in force where ``groups`` names it."""
    delivery_days: int = Field(default=3, ge=0, le=30)
    """Calendar days that a reminder or an invoice counts as under way, where the day of its receipt is not reported."""
    day_count: DayCount = DayCount.ACT_ACT
    """How days of interest count: ``act/act`` by the days of each calendar year, ``act/365`` always by 365."""
    dunning_fee_limit: Amount = Decimal("2.50")
    """The most that a reminder costs without a warning, in the claim's own currency."""
    limitation_warning_days: Days = 120
    """Calendar days before a claim is time-barred from which on that is warned of."""

    def groups_for(self, profile: str) -> tuple[str, ...]:
        """Return the groups in force in a shop of ``profile``."""
        return GROUPS_OF[profile] if self.groups is None else self.groups

    @cached_property
    def chosen(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """``own_groups`` as what can be a key."""
        return tuple(self.own_groups.items())

    @cached_property
    def accepted_channels(self) -> frozenset[str]:
        """``reminder_channels`` without regard to case."""
        return frozenset(channel.casefold() for channel in self.reminder_channels)


def check_policy(policy: Policy) -> None:
    """Raise ``ConfigurationError`` for what cannot be meant.

    That is: an unknown or fixed code in ``levels``; an unknown or no group; an own group that has a shipped one's name, that ``groups``
    leaves out, or that lists what is no condition of single groups; a maximum below the minimum.
    """
    for code in policy.levels:
        if code not in BY_CODE:
            raise ConfigurationError(_unknown_code(code), field=f"policy.levels.{code}")
        if BY_CODE[code].fixed:
            raise ConfigurationError(_fixed_code(code), field=f"policy.levels.{code}")
    for name, codes in policy.own_groups.items():
        _check_own_group(name, codes, policy.groups or ())
    if policy.groups is not None:
        if not policy.groups:
            raise ConfigurationError(_NO_GROUP.fill(known=", ".join((*GROUPS, *policy.own_groups))), field="policy.groups")
        check_groups(policy.groups, policy.own_groups)
    if policy.maximum is not None and policy.maximum < policy.minimum:
        raise ConfigurationError(
            Text(
                "Der Höchstbetrag (maximum) liegt unter dem Mindestbetrag (minimum): einen von beiden ändern.",
                "The maximum is below the minimum: change one of the two.",
            ),
            field="policy.maximum",
        )


def _check_own_group(name: str, codes: Iterable[str], in_force: Collection[str]) -> None:
    field = f"policy.own_groups.{name}"
    if name in GROUPS:
        raise ConfigurationError(_NAME_TAKEN.fill(name=name), field=field)
    if name not in in_force:
        raise ConfigurationError(_NOT_IN_FORCE.fill(name=name), field=field)
    choice = ", ".join(code for code, row in BY_CODE.items() if row.only_in)
    for code in codes:
        row = BY_CODE.get(code)
        if row is None:
            raise ConfigurationError(_NO_CODE.fill(code=code, choice=choice), field=field)
        if not row.only_in:
            raise ConfigurationError(_ASKED_ANYWAY.fill(code=code, choice=choice), field=field)


def check_groups(names: Iterable[str], own: Collection[str] = ()) -> None:
    """Raise ``ConfigurationError`` where one of ``names`` is neither a shipped group nor one of the merchant's ``own``."""
    wrong = ", ".join(name for name in names if name not in GROUPS and name not in own)
    if wrong:
        raise ConfigurationError(_UNKNOWN_GROUP.fill(wrong=wrong, known=", ".join((*GROUPS, *own))), field="policy.groups")


def _unknown_code(code: str) -> Text:
    near = get_close_matches(code.upper(), BY_CODE, n=1)
    adjustable = ", ".join(near or [row.code for row in BY_CODE.values() if not row.fixed])
    return Text(
        f"Eine Bedingung {code} gibt es nicht: den Eintrag in levels streichen oder berichtigen ({adjustable}).",
        f"There is no condition {code}: remove or correct the entry in levels ({adjustable}).",
    )


def _fixed_code(code: str) -> Text:
    return Text(
        f"Die Bedingung {code} gilt immer und lässt sich nicht einstellen: den Eintrag in levels streichen.",
        f"The condition {code} always holds and cannot be adjusted: remove the entry in levels.",
    )


_NO_GROUP = Text(
    "groups ist leer, so wird nichts je bereit: angeben, was gilt ({known}).",
    "groups is empty, so nothing is ever ready: name what holds ({known}).",
)
_UNKNOWN_GROUP = Text(
    "Unbekannte Gruppe von Bedingungen: {wrong}. In groups ist möglich: {known}.",
    "Unknown group of conditions: {wrong}. Possible in groups: {known}.",
)
_NAME_TAKEN = Text(
    "Die Gruppe {name} gibt es schon: der eigenen Gruppe einen anderen Namen geben.",
    "There is a group {name} already: give your own group another name.",
)
_NOT_IN_FORCE = Text(
    "Die eigene Gruppe {name} gilt nirgends: sie in groups nennen oder streichen.",
    "Your own group {name} is not in force anywhere: name it in groups or remove it.",
)
_NO_CODE = Text(
    "Eine Bedingung {code} gibt es nicht. Eine eigene Gruppe wählt aus: {choice}.",
    "There is no condition {code}. A group of your own chooses from: {choice}.",
)
_ASKED_ANYWAY = Text(
    "Die Bedingung {code} fragt jede Gruppe, auch ohne sie zu nennen: streichen. Eine eigene Gruppe wählt aus: {choice}.",
    "Every group asks the condition {code}, named or not: remove it. A group of your own chooses from: {choice}.",
)
