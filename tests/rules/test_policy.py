"""The policy of an account: what it may say, and what it can never change."""

from typing import Any

import pytest
from builders import AS_OF, green_claim, green_facts
from pydantic import ValidationError
from rules.cases import CASES

from inkasso_core.errors import ConfigurationError
from inkasso_core.rules.diagnose import diagnose
from inkasso_core.rules.policy import Policy, check_policy
from inkasso_core.rules.table import BY_CODE

FIXED = [case for case in CASES if BY_CODE[case.code].fixed]


def own(name: str, *codes: str) -> dict[str, Any]:
    """A group of the merchant's own, in force."""
    return {"own_groups": {name: codes}, "groups": [name]}


def test_the_defaults_are_sound() -> None:
    check_policy(Policy())
    check_policy(Policy(minimum=50, maximum=50))
    check_policy(Policy(groups=["chargeback_or_returned_debit"]))
    check_policy(Policy(**own("mine")))
    check_policy(Policy(**own("mine", "CHARGEBACK_MISSING", "REMINDER_MISSING")))


@pytest.mark.parametrize(
    ("policy", "field", "says"),
    [
        ({"levels": {"FULLY_PAID": "off"}}, "policy.levels.FULLY_PAID", "always holds"),
        ({"levels": {"FULLY_PAID": "block"}}, "policy.levels.FULLY_PAID", "remove the entry"),
        ({"levels": {"SUBJEKT_MISSING": "off"}}, "policy.levels.SUBJEKT_MISSING", "(SUBJECT_MISSING)"),
        ({"levels": {"subject_missing": "off"}}, "policy.levels.subject_missing", "(SUBJECT_MISSING)"),
        ({"levels": {"X": "off"}}, "policy.levels.X", "GRACE_RUNNING"),
        ({"groups": ["chargebacks"]}, "policy.groups", "Unknown group of conditions: chargebacks."),
        ({"groups": []}, "policy.groups", "nothing is ever ready"),
        ({"groups": ["mine"]}, "policy.groups", "Possible in groups: reminded_invoice, chargeback_or_returned_debit."),
        ({"own_groups": {"mine": []}, "groups": ["yours", "mine"]}, "policy.groups", "chargeback_or_returned_debit, mine."),
        ({"own_groups": {"mine": []}}, "policy.own_groups.mine", "name it in groups"),
        ({"own_groups": {"mine": []}, "groups": ["reminded_invoice"]}, "policy.own_groups.mine", "name it in groups"),
        (own("reminded_invoice"), "policy.own_groups.reminded_invoice", "another name"),
        (own("mine", "REMINDERS"), "policy.own_groups.mine", "There is no condition REMINDERS."),
        (own("mine", "REMINDER_MISSING", "FULLY_PAID"), "policy.own_groups.mine", "Every group asks the condition FULLY_PAID"),
        (own("mine", "SUBJECT_MISSING"), "policy.own_groups.mine", "GRACE_RUNNING, LAST_REMINDER_OLD, CHARGEBACK_MISSING."),
        ({"minimum": 50, "maximum": "49.99"}, "policy.maximum", "below the minimum"),
    ],
)
def test_what_cannot_be_meant_is_refused(policy: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_policy(Policy(**policy))
    assert caught.value.field == field
    assert says in caught.value.text.en
    assert caught.value.text.de != caught.value.text.en


@pytest.mark.parametrize("code", [code for code, row in BY_CODE.items() if not row.fixed])
def test_every_adjustable_condition_can_be_set(code: str) -> None:
    check_policy(Policy(levels={code: "off"}))


@pytest.mark.parametrize(
    "values",
    [
        {"levels": {"SUBJECT_MISSING": "red"}},
        {"currencies": []},
        {"currencies": ["Taler"]},
        {"countries": ["Atlantis"]},
        {"minimum": -1},
        {"reminders": -1},
        {"grace_days": 61},
        {"reminder": 2},
        {"delivery_days": 31},
        {"day_count": "30/360"},
        {"dunning_fee_limit": -1},
        {"limitation_warning_days": -1},
        {"own_groups": {"mine": "REMINDER_MISSING"}},
    ],
)
def test_values_of_the_wrong_form_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Policy(**values)


def test_codes_are_read_as_people_write_them() -> None:
    policy = Policy(currencies=["eur", "CHF"], countries=["Deutschland", "at"], minimum=49.5)
    assert policy.currencies == ("EUR", "CHF")
    assert policy.countries == ("DE", "AT")
    assert str(policy.minimum) == "49.50"


def test_equal_policies_are_equal_whatever_was_asked_of_them() -> None:
    asked, other = Policy(reminder_channels=("E-Mail",)), Policy(reminder_channels=("E-Mail",))
    diagnose(green_claim(), green_facts(), asked, AS_OF)
    assert asked == other
    assert asked.model_dump() == other.model_dump()


def test_an_unknown_group_is_an_error_of_the_configuration_also_later() -> None:
    with pytest.raises(ConfigurationError, match="nonsense"):
        diagnose(green_claim(), green_facts(), Policy(groups=("nonsense",)), AS_OF)


def test_without_a_group_nothing_is_ready_and_what_is_wrong_is_said() -> None:
    assert not diagnose(green_claim(), green_facts(), Policy(groups=()), AS_OF).is_ready
    result = diagnose(green_claim(subject=None, reminders=()), green_facts(), Policy(groups=()), AS_OF)
    assert result.red == ("NOT_IN_DEFAULT", "REMINDER_MISSING", "CHARGEBACK_MISSING", "SUBJECT_MISSING")
    assert (result.groups, result.expected_on) == ((), None)
