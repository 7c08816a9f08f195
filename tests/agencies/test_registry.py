"""The registry: adapters are listed without importing any, loaded one by name, and one that is broken says so and breaks nobody else."""

import datetime as dt
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
from distributions import Strangers
from placements import placement
from pydantic import SecretStr

from inkasso_core import (
    Agency,
    AgencySettings,
    AgencyStatus,
    Amend,
    ConfigurationError,
    Delivery,
    FileAgency,
    Pause,
    Placement,
    PluginError,
    Recall,
    ReportPayment,
    Resume,
    SendDocument,
    SendMessage,
    StatusReport,
    Submission,
    Text,
    UnsupportedOperation,
)
from inkasso_core.agencies.base import OPTIONAL_OPERATIONS
from inkasso_core.agencies.registry import Agencies, Installed, read_settings

ACME = """
from inkasso_core import Agency, AgencySettings, Submission

class Acme(Agency[AgencySettings]):
    name = "acme"
    label = "Acme Inkasso"

    def submit(self, placement):
        return Submission(agency_reference="A-1")
"""
OURS = {"dummy", "mediafinanz-file"}


class Plain(Agency[AgencySettings]):
    """The least that an adapter is."""

    name = "plain"
    label = "Plain Inkasso"

    def submit(self, placement: Placement) -> Submission:
        return Submission(agency_reference="P-1")


# Listing


def test_the_list_names_every_adapter_with_its_distribution(strangers: Strangers) -> None:
    strangers.install("inkasso-acme", version="2.1", modules={"inkasso_acme": ACME}, agencies={"acme": "inkasso_acme:Acme"})
    agencies = Agencies()
    assert {"acme", *OURS} <= set(agencies.names())
    assert Installed("acme", "inkasso-acme", "2.1", duplicate=False) in agencies.installed()
    assert {row.distribution for row in agencies.installed() if row.name in OURS} == {"inkasso"}


def test_listing_imports_nothing_not_even_what_is_broken(strangers: Strangers, tmp_path: Path) -> None:
    traces = tmp_path / "imported"
    loud = f"from pathlib import Path\nPath({str(traces)!r}).write_text('imported')\nraise RuntimeError"
    strangers.install("inkasso-loud", modules={"inkasso_loud": loud}, agencies={"loud": "inkasso_loud:Loud"})
    agencies = Agencies()
    assert "loud" in agencies.names()
    assert "loud" in [row.name for row in agencies.installed()]
    assert agencies.load("dummy").name == "dummy", "another one loads"
    assert not traces.exists()
    assert "inkasso_loud" not in sys.modules
    with pytest.raises(PluginError):
        agencies.load("loud")
    assert traces.exists(), "the proof above can fail"


def test_classes_of_ones_own_are_listed_and_loaded_without_a_distribution() -> None:
    agencies = Agencies({"plain": Plain})
    assert "plain" in agencies.names()
    assert Installed("plain", "", "", duplicate=False) in agencies.installed()
    assert agencies.load("plain") is Plain


# Loading one by name


def test_one_is_loaded_by_name(strangers: Strangers) -> None:
    strangers.install("inkasso-acme", modules={"inkasso_acme": ACME}, agencies={"acme": "inkasso_acme:Acme"})
    found = Agencies().load("acme")
    assert (found.name, found.label) == ("acme", "Acme Inkasso")
    assert Agencies().build("acme", {}, account="one").submit(placement()).agency_reference == "A-1"


NO_METHOD = "from inkasso_core import Agency\nclass Acme(Agency):\n    name = 'acme'\n    label = 'Acme'\n"
NO_LABEL = "from inkasso_core import Agency\nclass Acme(Agency):\n    name = 'acme'\n    def submit(self, placement): ...\n"
BROKEN = [
    ("import inkasso_missing_library", "ModuleNotFoundError … (inkasso_missing_library)"),
    ("from inkasso_core import NoSuchName", "ImportError … (inkasso_core)"),
    ("class Acme(:", "SyntaxError"),
    ("raise RuntimeError('Erika Beispiel')", "RuntimeError"),
    ("import sys\nsys.exit(3)", "SystemExit"),
    ("assert False, 'Erika Beispiel'", "AssertionError"),
    ("class Other: ...", "AttributeError"),
    ("Acme = 'a text'", "no subclass of inkasso_core.Agency"),
    ("class Acme: ...", "no subclass of inkasso_core.Agency"),
    (ACME.replace('"acme"', '"akme"'), "another name"),
    (NO_METHOD, "lacks: submit"),
    (NO_LABEL, "lacks: label"),
]


@pytest.mark.parametrize(("source", "said"), BROKEN)
def test_a_broken_adapter_says_what_is_wrong_in_both_languages_and_breaks_nobody_else(strangers: Strangers, source: str, said: str) -> None:
    strangers.install("inkasso-acme", modules={"inkasso_acme": source}, agencies={"acme": "inkasso_acme:Acme"})
    agencies = Agencies()
    with pytest.raises(PluginError) as caught:
        agencies.load("acme")
    assert all(part in caught.value.text.en for part in said.split(" … "))
    assert "acme" in caught.value.text.de
    assert caught.value.text.de != caught.value.text.en
    assert caught.value.field == "acme"
    assert "Erika" not in str(caught.value) + caught.value.text.de, "a stranger's words may hold anything"
    assert agencies.load("mediafinanz-file").name == "mediafinanz-file"


def test_an_unknown_name_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(PluginError) as caught:
        Agencies().load("mediafinanz-files")
    for text in caught.value.text:
        assert "mediafinanz-file" in text
        assert "dummy" in text


@pytest.mark.parametrize("value", ["inkasso_second:Acme", "inkasso_acme:Acme"], ids=["different", "alike"])
def test_a_name_that_two_distributions_claim_is_refused_with_both_named(strangers: Strangers, value: str) -> None:
    strangers.install("inkasso-acme", modules={"inkasso_acme": ACME}, agencies={"acme": "inkasso_acme:Acme"})
    strangers.install("inkasso-second", version="0.3", modules={"inkasso_second": ACME}, agencies={"acme": value})
    agencies = Agencies()
    assert [row.duplicate for row in agencies.installed() if row.name == "acme"] == [True, True]
    with pytest.raises(PluginError) as caught:
        agencies.load("acme")
    for text in caught.value.text:
        assert "inkasso-acme 1.0" in text
        assert "inkasso-second 0.3" in text


@pytest.mark.parametrize("number", ["0", "-1", "True", "2.0", "None", "'3'"])
def test_how_many_claims_a_case_holds_is_a_whole_number(strangers: Strangers, number: str) -> None:
    source = ACME + f"\n    claims_per_placement = {number}\n"
    strangers.install("inkasso-acme", modules={"inkasso_acme": source}, agencies={"acme": "inkasso_acme:Acme"})
    with pytest.raises(PluginError, match="claims_per_placement") as caught:
        Agencies().build("acme", {}, account="trial")
    assert "ganze Zahl" in caught.value.text.de


def test_a_constructor_that_raises_is_a_broken_adapter(strangers: Strangers) -> None:
    source = ACME + "\n    def __init__(self, settings):\n        raise KeyError(settings)\n"
    strangers.install("inkasso-acme", modules={"inkasso_acme": source}, agencies={"acme": "inkasso_acme:Acme"})
    with pytest.raises(PluginError, match="KeyError"):
        Agencies().build("acme", {}, account="one")


def test_a_constructor_may_refuse_its_settings(strangers: Strangers) -> None:
    class Picky(Plain):
        def __init__(self, settings: AgencySettings) -> None:
            super().__init__(settings)
            raise ConfigurationError(Text("falsch", "wrong"), field="url")

    with pytest.raises(ConfigurationError, match="wrong"):
        Agencies({"plain": Picky}).build("plain", {}, account="one")


# Settings


class Secretive(AgencySettings):
    client: str
    api_key: SecretStr
    retries: int = 3


class Keyed(Plain):
    Settings = Secretive


SECRET = "s3cr3t-value"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"api_key": SECRET}, "client"),
    ({"client": "c", "apikey": SECRET}, "apikey"),
    ({"client": "c", "api_key": [SECRET]}, "api_key"),
    ({"client": {"name": SECRET}, "api_key": SECRET}, "client"),
    ({"client": "c", "api_key": SECRET, "retries": SECRET}, "retries"),
]


@pytest.mark.parametrize(("values", "field"), WRONG)
def test_a_wrong_setting_is_named_and_no_value_is_shown(values: Mapping[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Agencies({"plain": Keyed}).build("plain", values, account="munich")
    error = caught.value
    for text in error.text:
        assert "[accounts.munich.settings]" in text
        assert field in text
    assert str(error.field).startswith("accounts.munich.settings.")
    assert SECRET not in f"{error!s} {error!r} {error.text} {error.__cause__!r}"


def test_a_secret_is_not_in_the_repr_of_settings_or_adapter() -> None:
    adapter = Agencies({"plain": Keyed}).build("plain", {"client": "c", "api_key": SECRET}, account="munich")
    assert adapter.settings.api_key.get_secret_value() == SECRET
    assert SECRET not in f"{adapter!r} {adapter.settings!r} {adapter.settings}"


def test_settings_without_a_fault_are_read() -> None:
    assert read_settings(AgencySettings, {}, where="here") == AgencySettings()


# Operations


def test_what_an_adapter_offers_is_read_off_its_methods() -> None:
    class Asking(Plain):
        settles_after: ClassVar[dt.timedelta] = dt.timedelta(minutes=5)

        def find(self, our_reference: str) -> StatusReport | None:
            return None

    class More(Asking):
        def portal_url(self, agency_reference: str) -> str:
            return f"https://portal.example/{agency_reference}"

    assert Plain.operations == {"submit"}
    assert Asking.operations == {"submit", "find"}
    assert More.operations == {"submit", "find", "portal_url"}
    assert FileAgency.operations == {"submit", "check", "rehearse"}


_CASE = {"agency_reference": "A-1", "our_reference": "T-1", "idempotency_key": "K-1", "asked_on": dt.date(2026, 9, 1)}
CALLS: dict[str, tuple[Any, ...]] = {
    "check": (placement(),),
    "rehearse": (placement(),),
    "find": ("T-1",),
    "fetch_status": ("A-1",),
    "fetch_feed": (None,),
    "acknowledge": ("token",),
    "receive": (Delivery(headers={}, body=b"{}", received_at=dt.datetime(2026, 9, 1, tzinfo=dt.UTC)),),
    "amend": (Amend(**_CASE, placement=placement(), changed=("credited",)),),
    "report_payment": (ReportPayment(**_CASE, amount=Decimal("5.00"), currency="EUR", received_on=dt.date(2026, 9, 1)),),
    "recall": (Recall(**_CASE),),
    "pause": (Pause(**_CASE),),
    "resume": (Resume(**_CASE),),
    "send_document": (SendDocument(**_CASE, kind="invoice", file_name="a.pdf", media_type="application/pdf", content=b"%PDF"),),
    "send_message": (SendMessage(**_CASE, text="Bitte um Nachricht."),),
    "fetch_messages": ("A-1",),
    "fetch_ledger": ("A-1",),
    "fetch_payouts": (),
    "portal_url": ("A-1",),
}


def test_every_optional_operation_has_a_call() -> None:
    assert set(CALLS) == set(OPTIONAL_OPERATIONS)


@pytest.mark.parametrize("operation", CALLS)
def test_what_is_not_offered_says_why(operation: str) -> None:
    class Open(Plain):
        lacks: ClassVar[Mapping[str, Text]] = {operation: Text("die Agentur hat keine solche Funktion", "the agency has no such function")}

    with pytest.raises(UnsupportedOperation) as caught:
        getattr(Open(AgencySettings()), operation)(*CALLS[operation])
    assert "die Agentur hat keine solche Funktion" in caught.value.text.de
    assert "the agency has no such function" in caught.value.text.en
    assert operation in caught.value.text.en
    assert caught.value.agency == "plain"
    with pytest.raises(UnsupportedOperation) as caught:
        getattr(Plain(AgencySettings()), operation)(*CALLS[operation])
    assert "not built yet" in caught.value.text.en
    assert "noch nicht gebaut" in caught.value.text.de


def test_a_status_code_that_no_map_knows_is_unknown_with_everything_kept() -> None:
    class Mapped(Plain):
        status_map: ClassVar[Mapping[str, AgencyStatus]] = {"NEW": AgencyStatus.ACTIVE}

    adapter = Mapped(AgencySettings())
    known, odd = adapter.report("A-1", "NEW", {"s": 1}), adapter.report("A-1", "X9", {"s": 2}, text="moved")
    assert (known.status, odd.status) == (AgencyStatus.ACTIVE, AgencyStatus.UNKNOWN)
    assert (odd.agency_status, odd.agency_text, odd.raw) == ("X9", "moved", {"s": 2})
