"""A wrong configuration is named by its setting, in both languages; the value, which may be a secret, is never said."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest
from builders import green_creditor
from markers import MARKS, SECRET, listening
from pydantic import SecretStr, field_validator

from inkasso_core import ConfigurationError, Inkasso, InkassoError, PluginError, ShopPlugin, ShopSettings
from inkasso_core.settings import build, complete, load

GOOD: dict[str, Any] = {
    "inkasso": {"database": "sqlite:///test.db"},
    "creditors": {"firm": green_creditor().model_dump(mode="json", exclude_none=True)},
    "accounts": {"agency": {"agency": "dummy", "creditor": "firm"}},
    "shops": {"shop": {"plugin": "canonical", "account": "agency"}},
}


def refusal(make: Any) -> InkassoError:
    """Return the error with which something is refused: in two languages, and silent with all that led to it."""
    with listening() as ear, pytest.raises(InkassoError) as caught:
        make()
    error: InkassoError = caught.value
    ear.listen("error", error)
    said = "".join(traceback.format_exception(error)) + repr(error) + repr(error.text) + str(error.field)
    assert [mark for mark in MARKS if mark in said.casefold()] == []
    assert error.text.de != error.text.en
    return error


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("inkasso.database", {"inkasso": {"database": [SECRET]}}),
    ("inkasso.databse", {"inkasso": {"databse": f"postgresql://inkasso:{SECRET}@localhost/inkasso"}}),
    ("inkasso.timezone", {"inkasso": {"timezone": SECRET}}),
    ("inkasso.language", {"inkasso": {"language": SECRET}}),
    ("actors.olga.role", {"actors": {"olga": {"role": SECRET}}}),
    ("creditors.firm.country", {"creditors": {"firm": {"name": "Beispiel GmbH", "country": SECRET}}}),
    ("accounts.agency.settings", {"accounts": {"agency": {"agency": "dummy", "settings": SECRET}}}),
    ("accounts.agency.token", {"accounts": {"agency": {"agency": "dummy", "token": SECRET}}}),
    ("accounts.agency.creditor", {"accounts": {"agency": {"agency": "dummy", "creditor": SECRET}}}),
    ("accounts.agency.confirm_after_days", {"accounts": {"agency": {"agency": "dummy", "confirm_after_days": SECRET}}}),
    ("accounts.agency.policy", {"accounts": {"agency": {"agency": "dummy", "policy": {"levels": {"SUBJECT_MISSING": SECRET}}}}}),
    ("shops.shop.profile", {"shops": {"shop": {"plugin": "canonical", "profile": SECRET}}}),
    ("routes.0.account", {"routes": [{"account": SECRET}]}),
    ("routes", {"routes": SECRET}),
]


@pytest.mark.parametrize(("field", "changes"), WRONG)
def test_a_wrong_setting(tmp_path: Path, field: str, changes: dict[str, Any]) -> None:
    error = refusal(lambda: build({**GOOD, **changes}, tmp_path))
    assert isinstance(error, ConfigurationError)
    for text in error.text:
        assert field in text


@pytest.mark.parametrize(
    "line", [f'token = "{SECRET}', f"token = {SECRET}", f'"{SECRET}"', f'token = "{SECRET}\\q"', 'token = "zzmark\udcff"']
)
def test_a_file_that_is_no_toml(tmp_path: Path, line: str) -> None:
    file = tmp_path / "inkasso.toml"
    file.write_bytes(f"[accounts.agency.settings]\n{line}\n".encode("utf-8", "surrogateescape"))
    error = refusal(lambda: load(file))
    for text in error.text:
        assert str(file) in text


def test_a_secret_that_the_environment_lacks_is_named(tmp_path: Path) -> None:
    missing = {"env": "INKASSO_TEST_TOKEN"}
    assert "INKASSO_TEST_TOKEN" in str(refusal(lambda: build({**GOOD, "inkasso": {"database": missing}}, tmp_path)))
    accounts = {"agency": {"agency": "dummy", "settings": {"token": missing, "password": SECRET}}}
    settings = build({**GOOD, "accounts": accounts}, tmp_path)
    assert "INKASSO_TEST_TOKEN" in str(refusal(lambda: complete(settings.accounts["agency"].settings, "accounts.agency.settings")))


def test_a_secret_from_the_environment_is_in_no_repr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKASSO_TEST_TOKEN", SECRET)
    monkeypatch.setenv("INKASSO_DATABASE", f"postgresql://inkasso:{SECRET}@localhost/inkasso?password={SECRET}")
    secret = {"env": "INKASSO_TEST_TOKEN"}
    with listening() as ear:
        settings = build(
            {
                **GOOD,
                "accounts": {"agency": {"agency": "dummy", "settings": {"token": secret, "keys": [secret]}}},
                "shops": {"shop": {"plugin": "canonical", "account": "agency", "settings": {"password": secret}}},
            },
            tmp_path,
        )
        assert SECRET in settings.database_url
        for part in (settings, settings.inkasso, settings.accounts, settings.shops):
            ear.listen("settings", part)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://inkasso:{SECRET}@127.0.0.1:1/inkasso?password={SECRET}",
        f"nosuchdatabase://inkasso:{SECRET}@localhost/inkasso",
        f"{SECRET}",
        f"postgresql://inkasso:{SECRET}@[broken/inkasso",
    ],
)
def test_the_password_of_a_database(tmp_path: Path, url: str) -> None:
    settings = build({**GOOD, "inkasso": {"database": url}}, tmp_path)
    assert refusal(lambda: Inkasso(settings)).field == "inkasso.database"


class ShopSecrets(ShopSettings):
    """Settings with a secret, whose author quotes it when he refuses it."""

    password: SecretStr

    @field_validator("password")
    @classmethod
    def _quote(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().endswith("?"):
            raise ValueError(f"{value.get_secret_value()} has expired")
        if value.get_secret_value().endswith("!"):
            raise LookupError(value.get_secret_value())
        return value


class Secretive(ShopPlugin[ShopSecrets]):
    """A shop that needs a password."""

    name = "secretive"
    label = "Secretive"
    Settings = ShopSecrets


@pytest.mark.parametrize(
    "settings", [{"password": f"{SECRET}?"}, {"password": f"{SECRET}!"}, {"password": [SECRET]}, {"pasword": SECRET}, {"password": 4711}]
)
def test_a_shops_wrong_settings(tmp_path: Path, settings: dict[str, Any]) -> None:
    shops = {"shop": {"plugin": "secretive", "account": "agency", "settings": settings}}
    with Inkasso(build({**GOOD, "shops": shops}, tmp_path), plugins={"secretive": Secretive()}) as ink:
        error = refusal(lambda: ink.order_status_changed(shop="shop", payload={}))
        assert isinstance(error, ConfigurationError | PluginError)
        assert str(error.field).startswith("shops.shop.settings")
