"""What people read: filled in, in both languages, with a field and a remedy, and without a word about the person."""

import datetime as dt
import re
from collections.abc import Iterator
from enum import StrEnum

import pytest
from pydantic import BaseModel
from rules.cases import CASES, Case

from inkasso_core.model.claim import Claim
from inkasso_core.model.diagnosis import Finding, Level
from inkasso_core.model.words import Text
from inkasso_core.rules.condition import Condition
from inkasso_core.rules.labels import GROUPS, LEVELS, group_label
from inkasso_core.rules.table import all_conditions

NO_NAMES = {"Packstation", "2026-06-09", "09.06.2026"}
"""Values of the cases that a message may repeat: a kind of place, the day on which a dispute is resolved."""


def texts(finding: Finding) -> list[str]:
    return [*finding.message, *finding.remedy]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_messages_are_filled_in_both_languages(case: Case) -> None:
    (finding,) = case.diagnose().findings
    for text in texts(finding):
        assert not re.search(r"[{}]|None|Decimal|datetime|  ", text)
        assert text.endswith(".")
        assert text[0].isupper()
    assert finding.message.de != finding.message.en
    assert finding.remedy.de != finding.remedy.en
    german = re.sub(r"als \d{4}-\d\d-\d\d eintragen", "", finding.message.de + finding.remedy.de)  # a key of inkasso.toml
    assert not re.search(r"\d{4}-\d\d-\d\d", german), "a German date has dots"
    assert not re.search(r"\d\d\.\d\d\.\d{4}|\d,\d\d ", finding.message.en + finding.remedy.en), "English dates are ISO"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_personal_value_reaches_a_text(case: Case) -> None:
    claim, facts = case.parts()
    personal = {*personal_values(claim), *(hold.reason for hold in facts.holds)}
    assert len(personal) > 5
    (finding,) = case.diagnose().findings
    for text in texts(finding):
        assert [value for value in personal - NO_NAMES if value in text] == []


def personal_values(claim: Claim) -> Iterator[str]:
    """What the claim tells of the debtor and his order, but for the country; a single letter proves nothing."""
    for value in walk((claim.debtor, claim.subject, claim.dispute)):
        if len(value) > 1 and value not in ("DE", "AT"):
            yield value


def walk(value: object) -> Iterator[str]:
    """The texts and dates inside a value; what is chosen from a list, such as ``billing``, is none."""
    match value:
        case BaseModel():
            for _, inner in value:
                yield from walk(inner)
        case tuple():
            for inner in value:
                yield from walk(inner)
        case dt.date():
            yield from (value.isoformat(), f"{value:%d.%m.%Y}")
        case str() if not isinstance(value, StrEnum):
            yield value


@pytest.mark.parametrize("row", all_conditions(), ids=lambda row: row.code)
def test_every_row_says_what_it_is_about(row: Condition) -> None:
    subject_de, subject_en = (text.split(":")[0] for text in row.message)
    assert 3 < len(subject_de) < 40, "a message begins with the field in words"
    assert 3 < len(subject_en) < 40
    assert row.source


def test_dates_that_are_shown_match_the_expected_day() -> None:
    for case in CASES:
        if case.expected_on and case.code in ("NOT_DUE", "GRACE_RUNNING", "DATE_IN_FUTURE"):
            (finding,) = case.diagnose().findings
            assert case.expected_on in finding.remedy.en


def test_labels() -> None:
    assert group_label("reminded_invoice") == GROUPS["reminded_invoice"] == Text("Gemahnte Rechnung", "reminded invoice")
    assert group_label("my_own") == Text("my_own", "my_own")
    assert set(LEVELS) == set(Level)
