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

from inkasso_core import (
    AGENCY_HAS_NONE,
    Agency,
    AgencySettings,
    Inkasso,
    Placement,
    PluginError,
    Submission,
    Text,
    Transports,
)
from inkasso_core.agencies.base import OPTIONAL_OPERATIONS
from inkasso_core.agencies.registry import Agencies
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


SHOPS = {"actindo", "canonical", "copecart", "cpshop", "django", "plentymarkets", "tryton"}


def test_every_commented_setting_of_init_is_a_setting(empty: Desk, on: Callable[[dt.date], None], monkeypatch: pytest.MonkeyPatch) -> None:
    on(COVERED)
    empty.run("--lang", "en", "init", code=0)
    text = Path("inkasso.toml").read_text("utf-8")
    assert load("inkasso.toml").inkasso.language == "en"
    switched_on = re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE)
    for alone in ("client_id", "client_secret", "token_url", "documents_folder"):  # another way in, and what stands only with others
        switched_on = re.sub(rf"(?s)(\[shops\.plentymarkets\.settings\].*?\n){alone} = [^\n]*\n", r"\1", switched_on)
    for name in re.findall(r'\{ env = "(\w+)" \}', switched_on):
        monkeypatch.setenv(name, "invented-and-long-enough-for-a-secret")
    Path("inkasso.toml").write_text(switched_on.replace(YOUR_NAME, "Beispiel Handel GmbH"), "utf-8")
    assert set(tomllib.loads(Path("inkasso.toml").read_text("utf-8"))["shops"]) == SHOPS
    checks = empty.run("doctor", "--json", code=0).json["checks"]
    assert sum(check["subject"].startswith("shop ") for check in checks) >= len(SHOPS)


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
    assert re.search(r"^Kann nicht .*\bfind\b.*\brecall\b.* \(eine Datei geht nur hin\)", ran.out, re.MULTILINE)
    assert "docs/agencies/mediafinanz-file.md" in ran.out


def test_what_an_author_does_not_declare_is_not_claimed(empty: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, agencies={"acme": Acme}))
    ran = empty.run("agencies", "acme", code=0)
    assert "Geprüft durch   keine Angabe" in ran.out
    not_built = ", ".join(sorted(set(OPTIONAL_OPERATIONS) - {"check"}))
    assert f"Kann nicht      {not_built} (noch nicht gebaut); check (Acme hat keine Prüfung)\n" in ran.out
    body = empty.run("agencies", "acme", "--json", code=0).json
    assert (body["verified"], body["documentation"]) == (None, None)
    assert body["lacks"]["recall"] == {"de": "noch nicht gebaut", "en": "not built yet"}
    assert set(body["lacks"]) | set(body["operations"]) == {"submit", *OPTIONAL_OPERATIONS}


# Agencies with several transports


class LetterSettings(AgencySettings):
    transport: Literal["letter"] = "letter"
    paper: Literal["white", "yellow"] = "white"


class PigeonSettings(AgencySettings):
    transport: Literal["pigeon"] = "pigeon"
    loft: str
    """Where the pigeons live."""


class ByLetter(Agency[LetterSettings]):
    name = "birds"
    label = "Birds & Co."
    Settings = LetterSettings
    verified = "stand-in"
    documentation = "docs/birds.md"
    lacks: ClassVar[dict[str, Text]] = {"find": AGENCY_HAS_NONE}

    def submit(self, placement: Placement) -> Submission:
        return Submission(agency_reference=placement.our_reference)


class ByPigeon(ByLetter):
    Settings = PigeonSettings
    verified = "specification read"

    def rehearse(self, placement: Placement) -> str:
        return "a small paper"


class Unchoosable(ByPigeon):
    Settings = AgencySettings


BIRDS = Transports("birds", "Birds & Co.", {"letter": ByLetter, "pigeon": ByPigeon})
TAME_BIRDS = Transports("birds", "Birds & Co.", {"letter": ByLetter, "pigeon": ByPigeon}, default="pigeon")


def let_there_be(birds: Transports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, agencies={"birds": birds}))


def test_the_list_names_transports_and_verification(empty: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    let_there_be(BIRDS, monkeypatch)
    assert re.search(r"^birds +Birds & Co\. +letter, pigeon +stand-in, specification read", empty.run("agencies", code=0).out, re.MULTILINE)
    (row,) = [row for row in empty.run("agencies", "--json", code=0).json["agencies"] if row["name"] == "birds"]
    assert row == {
        "name": "birds",
        "distribution": "",
        "version": "",
        "duplicate": False,
        "label": "Birds & Co.",
        "transports": ["letter", "pigeon"],
        "verified": "stand-in, specification read",
        "broken": None,
    }


def test_an_agency_shows_each_of_its_transports(empty: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    let_there_be(BIRDS, monkeypatch)
    head, letter, pigeon = re.split(r'^transport = "\w+"$', empty.run("agencies", "birds", code=0).out, flags=re.MULTILINE)
    assert "letter, pigeon (Einstellung transport; ohne sie: keiner, sie ist erforderlich)" in head
    assert "Kann            submit\n" in letter
    assert "Kann            rehearse, submit\n" in pigeon
    assert "find (die Agentur bietet es nicht an)" in letter
    assert "paper" in letter
    assert "loft" not in letter
    assert "loft  string  erforderlich" in pigeon
    body = empty.run("agencies", "birds", "--json", code=0).json
    assert (body["name"], body["label"], body["default_transport"]) == ("birds", "Birds & Co.", None)
    assert [one["transport"] for one in body["transports"]] == ["letter", "pigeon"]
    for one in body["transports"]:
        assert set(one) == {"transport", "verified", "documentation", "operations", "only_from_python", "lacks", "settings"}
        assert set(one["lacks"]) | set(one["operations"]) == {"submit", *OPTIONAL_OPERATIONS}
    let_there_be(TAME_BIRDS, monkeypatch)
    assert "ohne sie: pigeon" in empty.run("agencies", "birds", code=0).out
    assert empty.run("agencies", "birds", "--json", code=0).json["default_transport"] == "pigeon"


@pytest.mark.parametrize(
    ("birds", "options", "transport"),
    [(BIRDS, (), "letter"), (TAME_BIRDS, (), "pigeon"), (TAME_BIRDS, ("--transport", "letter"), "letter")],
)
def test_init_writes_the_transport_and_its_settings(
    empty: Desk, monkeypatch: pytest.MonkeyPatch, birds: Transports, options: tuple[str, ...], transport: str
) -> None:
    let_there_be(birds, monkeypatch)
    empty.run("init", "--agency", "birds", *options, code=0)
    text = Path("inkasso.toml").read_text("utf-8")
    assert "# How it is transmitted: one of letter, pigeon.\n" in text
    assert f'\ntransport = "{transport}"\n' in text
    assert ("#paper" in text) == (transport == "letter")
    built = load("inkasso.toml").accounts["birds"].settings
    assert built["transport"] == transport
    assert empty.run("doctor", "--json", code=1).json["checks"]


def test_init_writes_toml_for_every_agency_and_transport_with_and_without_its_comments(empty: Desk) -> None:
    for row in empty.run("agencies", "--json", code=0).json["agencies"]:
        assert row["broken"] is None
        for transport in row["transports"] or [None]:
            folder = Path(f"{row['name']}-{transport}")
            chosen = () if transport is None else ("--transport", transport)
            empty.run("init", folder, "--agency", row["name"], *chosen, code=0)
            (account,) = load(folder / "inkasso.toml").accounts.values()
            assert (account.agency, account.settings.get("transport")) == (row["name"], transport)
            text = (folder / "inkasso.toml").read_text("utf-8")
            assert tomllib.loads(re.sub(r"^#(?=\S)", "", text, flags=re.MULTILINE))


def test_init_knows_what_there_is(empty: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    let_there_be(BIRDS, monkeypatch)
    assert "letter, pigeon" in empty.run("init", "--agency", "birds", "--transport", "fax", code=2).err
    assert "--transport weglassen" in empty.run("init", "--agency", "dummy", "--transport", "letter", code=2).err
    assert not Path("inkasso.toml").exists()


def test_the_doctor_loads_every_transport(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    let_there_be(Transports("birds", "Birds & Co.", {"letter": ByLetter, "pigeon": Unchoosable}), monkeypatch)
    (check,) = [check for check in desk.run("doctor", "--json").json["checks"] if check["subject"] == "agency birds"]
    assert check["health"] == "error"
    assert "pigeon" in check["text"]["de"]


def test_a_broken_agency_hides_no_other(empty: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    family = Agencies.family

    def broken(self: Agencies, name: str) -> Transports:
        if name == "dummy":
            raise PluginError(Text("Kaputt: neu installieren.", "Broken: reinstall."), field=name)
        return family(self, name)

    monkeypatch.setattr(Agencies, "family", broken)
    listed = empty.run("agencies", code=0).out
    assert re.search(r"^dummy .*Kaputt: neu installieren\.$", listed, re.MULTILINE)
    assert "mediaFinanz GmbH (Dateiimport)" in listed
    empty.run("init", code=0)
    assert [account.agency for account in load("inkasso.toml").accounts.values()] == ["mediafinanz-file"]


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
