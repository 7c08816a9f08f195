"""The settings of a plentymarkets shop."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from inkasso_shop_plugins.plentymarkets import PlentySettings

PAGE = Path(__file__).resolve().parents[3] / "docs/shops/plentymarkets.md"


def _ranges(settings):
    return [(str(first), str(last)) for first, last in settings.status]


def test_only_the_status_has_to_be_given():
    settings = PlentySettings.model_validate({"status": "3.6"})
    assert _ranges(settings) == [("3.6", "3.6")]
    with pytest.raises(ValidationError, match="status"):
        PlentySettings.model_validate({})


def test_settings_as_they_stand_in_the_file():
    text = """
        status = [3.6, 4, "3.4-3.5", "7.5 – 7.9"]
        plenty_ids = [1000]
        timezone = "Europe/Zurich"
        due_date_origin = "contract"
        contact_classes = { 3 = "business" }
        countries = { 4711 = "IS" }
        payment_methods = { 4 = "invoice" }
        deduct = []
    """
    settings = PlentySettings.model_validate(tomllib.loads(text))
    assert _ranges(settings) == [("3.6", "3.6"), ("4", "4"), ("3.4", "3.5"), ("7.5", "7.9")]
    assert settings.countries == {4711: "IS"}
    assert settings.timezone.key == "Europe/Zurich"


def test_settings_can_be_read_back():
    settings = PlentySettings.model_validate({"status": ["3.4-3.9"]})
    assert PlentySettings.model_validate(settings.model_dump()) == settings


def test_a_range_knows_its_ends():
    (found,) = PlentySettings.model_validate({"status": ["3.4-3.9"]}).status
    covered = [text for text in ("3.3999", "3.4", "3.45", "3.9", "3.9001") if found.covers(Decimal(text))]
    assert covered == ["3.4", "3.45", "3.9"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"status": []}, "at least 1"),
        ({"status": ["Inkasso"]}, '"3.4"'),
        ({"status": [True]}, '"3.4"'),
        ({"status": ["3.9-3.4"]}, "lower one"),
        ({"status": ["3.4-"]}, '"3.4"'),
        ({"status": ["3,4"]}, '"3.4"'),
        ({"timezone": "Europe/Atlantis"}, "timezone"),
        ({"countries": {36: "Atlantis"}}, "ISO code"),
        ({"contact_classes": {3: "firma"}}, "contact_classes"),
        ({"deduct": ["paidAmount"]}, "deduct"),
        ({"customer_number": "email"}, "customer_number"),
        ({"statuses": ["3.4"]}, "statuses"),
    ],
)
def test_a_wrong_setting_is_refused(settings, message):
    with pytest.raises(ValidationError, match=re.escape(message)):
        PlentySettings.model_validate({"status": ["3.6"], **settings})


def test_every_setting_is_described():
    assert all(field.description for field in PlentySettings.model_fields.values())


def _default(field):
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, bool | int | float):
        return f"`{json.dumps(value)}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(json.dumps(str(entry)) for entry in value)}]`"
    return "`{}`" if value == {} else f'`"{value}"`'


def test_the_page_tells_every_setting():
    told = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    rows = [
        f"| `{name}` | {_default(field)} | {' '.join(field.description.split())} |" for name, field in PlentySettings.model_fields.items()
    ]
    assert [line for line in told if line.split("`")[1] in PlentySettings.model_fields] == rows
