"""``inkasso notices``: what a plugin could not be told for days, as the person sees it who mends it."""

from functools import partial

import pytest
from merchant import Desk

from inkasso_core import ClaimEvent, hookimpl
from inkasso_core.app import Inkasso


class Crm:
    """A policy plugin that breaks as long as its system is away."""

    away = True

    def __init__(self) -> None:
        self.told: list[str] = []

    @hookimpl
    def inkasso_claim_changed(self, event: ClaimEvent) -> None:
        if self.away:
            raise ConnectionError("Erika Beispiel")
        self.told.append(event.order)


@pytest.fixture
def crm(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Crm:
    """Two claims of which the plugin could not be told; nobody tries any more after the first time."""
    crm = Crm()
    monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, plugins={"crm": crm}))
    monkeypatch.setattr("inkasso_core.observing.MOST_TRIES", 1)
    desk.ready("A-1", "A-2", shop="web")
    desk.run("follow", code=1)
    return crm


def test_it_names_the_plugin_the_claim_and_the_class_of_the_error_alone(desk: Desk, crm: Crm) -> None:
    listed = desk.run("notices", code=0).out
    assert "crm" in listed
    assert "web:A-1" in listed
    assert "ConnectionError" in listed
    assert "Erika" not in listed
    letters = desk.run("notices", "--json", code=0).json["notices"]
    assert [(one["plugin"], one["ref"], one["tries"]) for one in letters] == [("crm", "web:A-1", 1), ("crm", "web:A-2", 1)]
    assert "inkasso notices replay" in desk.run("tasks", code=0).out.replace("\n", " ").replace("  ", " ")


def test_it_is_told_again_once_the_plugin_is_mended(desk: Desk, crm: Crm) -> None:
    first, second = desk.run("notices", "--json", code=0).json["notices"]
    crm.away = False
    assert "1" in desk.run("notices", "replay", first["id"], code=0).out
    desk.run("follow", code=0)
    assert crm.told == ["A-1"]
    desk.run("notices", "replay", "--plugin", "crm", code=0)
    desk.run("follow", code=0)
    assert crm.told == ["A-1", "A-2"]
    assert second["id"] not in desk.run("notices", code=0).out


def test_what_is_meant_must_be_named(desk: Desk, crm: Crm) -> None:
    desk.run("notices", "replay", code=2)
    desk.run("notices", "done", "--reason", "gone", code=2)
    desk.run("notices", "replay", "nobody", code=4)
    assert len(desk.run("notices", "--json", code=0).json["notices"]) == 2


def test_what_need_not_be_told_keeps_who_settled_it_and_why(desk: Desk, crm: Crm) -> None:
    desk.run("notices", "done", "--all", "--reason", "CRM abgeschafft", code=0)
    assert "Jedes Plugin weiß" in desk.run("notices", code=0).out
    assert "CRM abgeschafft" in desk.run("notices", "--settled", code=0).out
