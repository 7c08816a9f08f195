"""What an agency or its adapter says may quote the debtor or a secret: it is kept in the vault, and shown to whoever may see the claim."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import world
from markers import EMAIL, NAME, PHONE, SECRET, Ear, listening, marked
from pydantic import SecretStr, field_validator
from world import OPERATOR, World, lost, taken

from inkasso_core import (
    Agency,
    AgencyError,
    AgencySettings,
    AgencyStatus,
    AuthenticationFailed,
    ClaimInvalid,
    ClaimRejected,
    Column,
    ConfigurationError,
    FileAgency,
    FileSettings,
    InkassoError,
    Kind,
    NotFound,
    OutcomeUnknown,
    Placement,
    PluginError,
    State,
    Submission,
    TableDialect,
    TableWriter,
    TemporarilyUnavailable,
    Text,
    UnsupportedOperation,
)

SAID = Text(f"{NAME} ist hier schon bekannt", f"{NAME} is known here already")


def everything_that_is_said(town: World, ear: Ear) -> None:
    """Listen to all that the facade tells, but for what is meant to show personal data."""
    for stored in town.ink.claims():
        ear.listen("claim", stored)
        ear.listen("details", town.ink.show(stored.ref)._replace(error=None))
        for entry in town.ink.history(stored.ref):
            ear.listen("history", entry)
    for row in [*town.ink.tasks(done=True), *town.ink.doctor()]:
        ear.listen("row", row)
    ear.look_at(town.folder)


def transmitted(town: World, ear: Ear) -> None:
    """Transmit, and listen to the reports and to every item."""
    for report in town.ink.transmit(on_item=lambda item: ear.listen("item", item)):
        ear.listen("report", report)


def _with_everything(kind: type[AgencyError]) -> AgencyError:
    return kind(SAID, agency="scripted", agency_code=f"E-{EMAIL}", fields=(NAME, "debtor.name"), raw={"name": NAME, "phone": [PHONE]})


ANSWERS: dict[str, tuple[Any, State, bool]] = {
    **{
        kind.__name__: (_with_everything(kind), state, True)
        for kind, state in [
            (ClaimInvalid, State.FAILED),
            (ClaimRejected, State.FAILED),
            (UnsupportedOperation, State.FAILED),
            (AuthenticationFailed, State.RUNNING),
            (OutcomeUnknown, State.UNCLEAR),
        ]
    },
    "TemporarilyUnavailable": (TemporarilyUnavailable(SAID, retry_after=5), State.RUNNING, True),
    "ConfigurationError": (ConfigurationError(SAID, field=NAME), State.RUNNING, False),
    "PluginError": (PluginError(SAID), State.UNCLEAR, False),
    "NotFound": (NotFound(SAID), State.UNCLEAR, False),
    "an error of its own": (RuntimeError(NAME), State.UNCLEAR, False),
    "a missing key": (KeyError(NAME), State.UNCLEAR, False),
    "no answer at all": (lambda placement: placement.debtor, State.UNCLEAR, False),
    "a yes that tells all": (Submission(agency_reference="AZ-1", agency_status=NAME, raw={"of": NAME}), State.HANDED_OVER, False),
}
"""What the adapter does -> where the claim then stands, and whether ``show`` knows the agency's own words."""


@pytest.mark.parametrize("name", ANSWERS)
def test_whatever_an_adapter_raises(tmp_path: Path, name: str) -> None:
    answer, state, shown = ANSWERS[name]
    with listening() as ear, world.world(tmp_path) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.agency.answers(answer)
        transmitted(town, ear)
        assert town.state("A-1") is state
        everything_that_is_said(town, ear)
        error = town.ink.show("shop:A-1").error
        assert (error == SAID) is shown, error


@pytest.mark.parametrize("trouble", [RuntimeError(NAME), _with_everything(ClaimRejected), _with_everything(AuthenticationFailed)])
@pytest.mark.parametrize("operation", ["find", "fetch_status"])
def test_whatever_an_adapter_raises_when_it_is_asked(tmp_path: Path, operation: str, trouble: Exception) -> None:
    with listening() as ear, world.world(tmp_path) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.agency.answers(lost() if operation == "find" else taken)
        town.transmit()
        town.agency.troubles[operation] = trouble
        town.clock.forward(days=1)
        ear.listen("followed", town.ink.follow())
        assert town.agency.asked
        everything_that_is_said(town, ear)


def test_statuses_with_the_agencys_own_words(tmp_path: Path) -> None:
    with listening() as ear, world.world(tmp_path) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        town.transmit()
        for status in (AgencyStatus.NEEDS_INPUT, AgencyStatus.DISPUTED, AgencyStatus.CLOSED_UNPAID):
            town.agency.says(status, agency_status=f"{status} ({EMAIL})", agency_text=f"{NAME}, {EMAIL}", raw={"words": [NAME, PHONE]})
            town.clock.forward(days=1)
            ear.listen("ran", town.ink.run_due())
        everything_that_is_said(town, ear)


# Rehearsals


class Showing(Agency[AgencySettings]):
    """Shows the whole request, as a rehearsal is meant to."""

    name: ClassVar[str] = "showing"
    label: ClassVar[str] = "Showing"

    def submit(self, placement: Placement) -> Submission:
        """Take it."""
        return taken(placement)

    def rehearse(self, placement: Placement) -> str:
        """Return it."""
        return placement.model_dump_json()


class Complaining(Showing):
    """Refuses in a rehearsal, with the debtor's name."""

    name: ClassVar[str] = "complaining"

    def check(self, placement: Placement) -> None:
        """Refuse."""
        raise ClaimInvalid(SAID)


@pytest.mark.parametrize("adapter", [Showing, Complaining])
def test_a_rehearsal_shows_the_request_and_its_repr_does_not(tmp_path: Path, adapter: type[Agency[Any]]) -> None:
    accounts = {"agency": {"agency": adapter.name}}
    with listening() as ear, world.world(tmp_path, accounts=accounts, agencies={adapter.name: adapter}, live=False) as town:
        town.ink.mandate("agency", dated=town.clock.day, actor=OPERATOR)
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        items: list[Any] = []
        ear.listen("reports", town.ink.transmit(on_item=items.append))
        (item,) = items
        assert NAME in (item.shown or "") + (item.text.de if item.text else "")
        ear.listen("item", item)
        everything_that_is_said(town, ear)


# Files


def _refuse(placement: Placement) -> str:
    name = placement.debtor.addresses[0].city
    raise ClaimInvalid(Text(f"{name} zu lang", f"{name} too long"), fields=(NAME,))


def _break(placement: Placement) -> str:
    raise ValueError(placement.debtor.person)


def _break_with_words(placement: Placement) -> str:
    raise KeyError(placement.debtor.contacts[0].value)


def file_agency(value: Callable[[Placement], str] | None) -> type[FileAgency[FileSettings]]:
    """An agency that takes a file with one column, read by ``value``; without one its writer cannot even be made."""

    class Filing(FileAgency[FileSettings]):
        name: ClassVar[str] = "filing"
        label: ClassVar[str] = "Filing"
        Settings = FileSettings

        def writer(self) -> TableWriter[Placement]:
            if value is None:
                raise RuntimeError(NAME)
            return TableWriter([Column("name", Kind.NAME, value)], TableDialect(encoding="utf-8"))

    return Filing


@pytest.mark.parametrize("live", [True, False])
@pytest.mark.parametrize(
    ("value", "state"), [(_refuse, State.FAILED), (_break, State.FAILED), (_break_with_words, State.FAILED), (None, State.RUNNING)]
)
def test_a_column_that_breaks_on_one_claim(tmp_path: Path, value: Any, state: State, live: bool) -> None:
    accounts = {"agency": {"agency": "filing", "settings": {"directory": "out"}}}
    with listening() as ear, world.world(tmp_path, accounts=accounts, agencies={"filing": file_agency(value)}, live=live) as town:
        if not live:
            town.ink.mandate("agency", dated=town.clock.day, actor=OPERATOR)
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        transmitted(town, ear)
        assert town.state("A-1") is (state if live else State.RUNNING)
        everything_that_is_said(town, ear)


def test_the_file_holds_the_data_and_its_name_and_manifest_do_not(tmp_path: Path) -> None:
    accounts = {"agency": {"agency": "plain-file"}}
    with listening() as ear, world.world(tmp_path, accounts=accounts) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        transmitted(town, ear)
        (file,) = (tmp_path / "agency").glob("*.csv")
        assert NAME in file.read_text("utf-8")
        assert len(list((tmp_path / "agency").glob("*.manifest.json"))) == 1
        everything_that_is_said(town, ear)


# Secrets


class KeySettings(AgencySettings):
    """Settings with a secret, whose author quotes it when he refuses it."""

    token: SecretStr
    mode: str = "good"

    @field_validator("token")
    @classmethod
    def _quote(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().endswith("?"):
            raise ValueError(f"token {value.get_secret_value()} has expired")
        if value.get_secret_value().endswith("!"):
            raise RuntimeError(value.get_secret_value())
        return value


class Keyed(Agency[KeySettings]):
    """Breaks with its secret in its mouth, as its mode says."""

    name: ClassVar[str] = "keyed"
    label: ClassVar[str] = "Keyed"
    Settings = KeySettings

    def __init__(self, settings: KeySettings) -> None:
        super().__init__(settings)
        token = settings.token.get_secret_value()
        if settings.mode == "breaks":
            raise ValueError(token)
        if settings.mode == "refuses":
            raise ConfigurationError(Text(f"{token} ist falsch", f"{token} is wrong"), field="token")

    def submit(self, placement: Placement) -> Submission:
        """Refuse the credentials, and name them."""
        token = self.settings.token.get_secret_value()
        raise AuthenticationFailed(Text(f"Zugang {token} abgelehnt", f"access {token} refused"), raw={"sent": "Bearer"})


WRONG: list[dict[str, Any]] = [
    {"token": f"{SECRET}?"},
    {"token": f"{SECRET}!"},
    {"token": [SECRET]},
    {"token": {"value": SECRET}},
    {"tokens": SECRET},
    {"token": SECRET, "mode": 1},
    {"token": SECRET, "mode": "breaks"},
    {"token": SECRET, "mode": "refuses"},
    {"token": SECRET},
]


@pytest.mark.parametrize("settings", WRONG, ids=str)
def test_an_accounts_secret_is_never_said(tmp_path: Path, settings: dict[str, Any]) -> None:
    accounts = {"agency": {"agency": "keyed", "settings": settings}}
    with listening() as ear, world.world(tmp_path, accounts=accounts, agencies={"keyed": Keyed}) as town:
        town.report(marked())
        town.ink.release(["shop:A-1"], actor=OPERATOR)
        transmitted(town, ear)
        assert town.state("A-1") is State.RUNNING
        assert [task.kind for task in town.tasks()] == ["account_stopped"]
        everything_that_is_said(town, ear)
        ear.listen("configuration", town.ink.settings)
        try:
            ear.listen("adapter", town.ink._context.adapter("agency").settings)
        except InkassoError as error:
            ear.listen("adapter", error)
