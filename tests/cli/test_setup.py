"""Setting up: the first configuration works, and what is wrong with an installation is said with its remedy."""

import datetime as dt
import re
import sqlite3
import tomllib
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from merchant import COVERED, Desk, claim
from pydantic import BaseModel, SecretStr

from inkasso_core import Agency, AgencySettings, Inkasso, Placement, Submission, Text
from inkasso_core.agencies.base import OPTIONAL_OPERATIONS
from inkasso_core.model.schema import claim_schema
from inkasso_core.settings import YOUR_NAME, load


class Codes(BaseModel):
    goods: str = "1"


class AcmeSettings(AgencySettings):
    api_key: SecretStr
    url: str
    since: dt.date | None = None
    style: Literal["long", "short"] | None = None
    fee: Decimal | None = None
    places: tuple[str, ...] | None = None
    codes: Codes = Codes()


class Acme(Agency[AcmeSettings]):
    """An adapter whose author declared the least."""

    name = "acme"
    label = "Acme"
    Settings = AcmeSettings
    lacks: ClassVar[dict[str, Text]] = {"check": Text("Acme hat keine Prüfung", "Acme has no validation")}

    def submit(self, placement: Placement) -> Submission:
        return Submission(agency_reference=placement.our_reference)


def test_init_writes_what_loads_and_passes_the_doctor(empty: Desk, on: Callable[[dt.date], None]) -> None:
    on(COVERED)
    ran = empty.run("init", "shop", "--shop-plugin", "plentymarkets", code=0)
    assert str(Path("shop/inkasso.toml")) in ran.out
    text = Path("shop/inkasso.toml").read_text("utf-8")
    assert "# Der Gläubiger" in text
    assert "# The creditor" in text
    settings = load("shop/inkasso.toml")
    assert list(settings.shops) == ["plentymarkets"]
    assert [account.agency for account in settings.accounts.values()] == ["mediafinanz-file"]
    Path("shop/inkasso.toml").write_text(text.replace(YOUR_NAME, "Beispiel Handel GmbH"), "utf-8")
    ran = empty.run("--config", "shop/inkasso.toml", "doctor", code=0)
    assert "✔" in ran.out
    assert "inkasso mandate mediafinanz" in ran.out
    checks = empty.run("-c", "shop/inkasso.toml", "doctor", "--json", code=0).json["checks"]
    assert {check["health"] for check in checks} == {"ok", "warn"}


def test_every_commented_setting_of_init_is_a_setting(empty: Desk, on: Callable[[dt.date], None]) -> None:
    on(COVERED)
    empty.run("--lang", "en", "init", code=0)
    text = Path("inkasso.toml").read_text("utf-8")
    assert load("inkasso.toml").inkasso.language == "en"
    switched_on = re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE)
    Path("inkasso.toml").write_text(switched_on.replace(YOUR_NAME, "Beispiel Handel GmbH"), "utf-8")
    assert set(tomllib.loads(Path("inkasso.toml").read_text("utf-8"))["shops"]) == {"canonical", "cpshop", "plentymarkets"}
    checks = empty.run("doctor", "--json", code=0).json["checks"]
    assert sum(check["subject"].startswith("shop ") for check in checks) == 3


def test_init_never_overwrites(empty: Desk) -> None:
    Path("inkasso.toml").write_text("# mine\n", "utf-8")
    assert "nicht überschrieben" in empty.run("init", code=2).err
    assert Path("inkasso.toml").read_text("utf-8") == "# mine\n"
    assert "canonical" in empty.run("init", "elsewhere", "--shop-plugin", "nix", code=2).err
    assert not Path("elsewhere").exists()
    empty.run("init", "inkasso.toml/below", code=2)


def test_init_with_another_agency(empty: Desk) -> None:
    empty.run("init", "--agency", "dummy", code=0)
    assert load("inkasso.toml").accounts["dummy"].agency == "dummy"


def test_the_doctor_finds_a_folder_that_is_a_file(desk: Desk) -> None:
    Path("out").write_text("", "utf-8")
    ran = desk.run("doctor", code=1)
    assert "✘" in ran.out
    assert "ist eine Datei" in ran.out


@pytest.mark.parametrize("folder", ["/proc/inkasso", "inkasso.toml/below", "/dev/null/x"])
def test_the_doctor_tries_whether_files_can_be_written_and_makes_nothing(desk: Desk, folder: str) -> None:
    if not Path(folder).parent.exists():
        pytest.skip("this machine has no such place")
    settings = Path("inkasso.toml")
    settings.write_text(settings.read_text("utf-8").replace('directory = "out"', f'directory = "{folder}"'), "utf-8")
    ran = desk.run("doctor", code=1)
    assert "✘  [accounts.file.settings] directory" in ran.out
    settings.write_text(settings.read_text("utf-8").replace(folder, "made/later"), "utf-8")
    assert f"Dateien gehen nach {desk.folder / 'made/later'}." in desk.run("doctor", code=0).out
    assert {path.name for path in desk.folder.iterdir()} == {"inkasso.toml", "inkasso.db"}


def test_agencies_are_listed_without_a_configuration(empty: Desk) -> None:
    assert "mediafinanz-file" in empty.run("agencies", code=0).out
    assert "dummy" in [row["name"] for row in empty.run("agencies", "--json").json["agencies"]]
    assert not Path("inkasso.db").exists()


def test_an_agency_shows_what_it_can_and_what_it_lacks(empty: Desk) -> None:
    ran = empty.run("agencies", "mediafinanz-file", code=0)
    assert "check, rehearse, submit" in ran.out
    assert "recall (" in ran.out
    assert "directory" in ran.out
    assert "erforderlich" in ran.out
    body = empty.run("agencies", "mediafinanz-file", "--json").json
    assert set(body["lacks"]) >= {"find", "recall"}
    assert next(s for s in body["settings"] if s["name"] == "manifest") == {
        "name": "manifest",
        "type": "boolean",
        "required": False,
        "default": True,
        "description": next(s for s in body["settings"] if s["name"] == "manifest")["description"],
    }
    assert "Installiert: " in empty.run("agencies", "nix", code=2).err
    assert "Kann nicht      fetch_status, find, portal_url, recall (eine Datei geht nur hin)\n" in ran.out
    assert "docs/agencies/mediafinanz-file.md" in ran.out


def test_what_an_author_does_not_declare_is_not_claimed(empty: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, agencies={"acme": Acme}))
    ran = empty.run("agencies", "acme", code=0)
    assert "Geprüft durch   keine Angabe" in ran.out
    assert "Kann nicht      check (Acme hat keine Prüfung); fetch_status, find, portal_url, recall, rehearse (noch nicht gebaut)" in ran.out
    body = empty.run("agencies", "acme", "--json", code=0).json
    assert (body["verified"], body["documentation"]) == (None, None)
    assert body["lacks"]["recall"] == {"de": "noch nicht gebaut", "en": "not built yet"}
    assert set(body["lacks"]) | set(body["operations"]) == {"submit", *OPTIONAL_OPERATIONS}


def test_secrets_and_settings_without_a_default_are_toml_once_uncommented(empty: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, agencies={"acme": Acme}))
    monkeypatch.setenv("ACME_API_KEY", "hush")
    empty.run("init", "--agency", "acme", code=0)
    text = Path("inkasso.toml").read_text("utf-8")
    assert '#api_key = { env = "ACME_API_KEY" }\n' in text
    assert "More tables: codes; see `inkasso agencies acme`." in text
    assert "api_key" in empty.run("doctor", code=1).out  # required, and still a comment
    section = text[text.index("[accounts.acme.settings]") :].partition("\n\n")[0]
    Path("inkasso.toml").write_text(text.replace(section, re.sub(r"^#(?=\S)", "", section, flags=re.MULTILINE)), "utf-8")
    built = Acme.Settings.model_validate(load("inkasso.toml").accounts["acme"].settings)
    assert built == AcmeSettings(api_key="hush", url="…", since=dt.date(2026, 1, 31), style="long", fee=Decimal("1.00"), places=())


def test_shops_are_listed_with_plugins_and_settings(desk: Desk) -> None:
    ran = desk.run("shops", code=0)
    assert "cpshop" in ran.out
    assert re.search(r"^erp +canonical +file +shop$", ran.out, re.MULTILINE)
    assert "status" in desk.run("shops", "cpshop", code=0).out
    assert desk.run("shops", "erp", "--json", code=0).json["name"] == "canonical"
    body = desk.run("shops", "--json").json
    assert [shop["name"] for shop in body["shops"]] == ["erp", "web"]
    assert body["broken"] == []


def test_the_database_says_its_level(desk: Desk) -> None:
    body = desk.run("db", "status", "--json", code=3).json
    assert body["found"] is None
    assert body["current"] is False
    assert "auf dem Stand dieser Version" in desk.run("db", "upgrade", code=0).out
    assert desk.run("db", "status", "--json", code=0).json["current"] is True


def test_a_database_of_a_newer_version_is_left_alone(desk: Desk) -> None:
    desk.run("db", "upgrade", code=0)
    with sqlite3.connect("inkasso.db") as link:
        link.execute("UPDATE alembic_version SET version_num = '9999'")
    link.close()
    for arguments in (("queue",), ("db", "upgrade"), ("ingest", "x.ndjson", "--shop", "erp")):
        ran = desk.run(*arguments, code=3)
        assert "neueren Version" in ran.err


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("[inkasso\n", "inkasso.toml"),
        ('[inkasso]\nlanguage = "fr"\n', "inkasso.language"),
        ('[shops.x]\nplugin = "canonical"\naccount = "nix"\n', "shops.x.account"),
        ('[accounts.mediafinanz]\nagency = "dummy"\n[shops.x]\nplugin = "canonical"\naccount = "mediafinans"\n', "(gemeint: mediafinanz?)"),
        ('[inkasso]\ndatabase = { env = "NOT_SET_ANYWHERE" }\n', "NOT_SET_ANYWHERE"),
        ('[inkasso]\ndatabase = "sqlite:///inkasso.toml/below.db"\n', "[inkasso] database"),
        ("[inkasso]\nnix = 1\n", "inkasso.nix"),
    ],
)
def test_a_wrong_configuration_names_the_setting(empty: Desk, content: str, part: str) -> None:
    Path("inkasso.toml").write_text(content, "utf-8")
    ran = empty.run("queue", code=2)
    assert part in ran.err


def test_without_a_configuration_the_way_to_one_is_told(empty: Desk) -> None:
    assert "`inkasso init`" in empty.run("queue", code=2).err
    assert "`inkasso init`" in empty.run("--config", "nix.toml", "shops", code=2).err


def test_a_database_that_is_none_has_its_own_code(desk: Desk) -> None:
    Path("inkasso.db").write_bytes(b"this is no database " * 100)
    ran = desk.run("queue", code=3)
    assert "Datenbank" in ran.err


def test_the_schema_is_the_published_one(empty: Desk) -> None:
    assert empty.run("schema", code=0).json == claim_schema()


def test_verbose_says_where_everything_is(desk: Desk) -> None:
    ran = desk.run("--verbose", "claims", code=0)
    assert str(desk.folder) in ran.err
    desk.orders(claim("A-1"))
