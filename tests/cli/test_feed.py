"""Entries of agencies' feeds as a clerk meets them: listed with the reason, shown whole, assigned, settled; and links in tasks."""

from functools import partial

import pytest
from feeding import News, feeding
from merchant import Desk
from world import Script, case_of

from inkasso_core import FeedKind
from inkasso_core.app import Inkasso

SETTINGS = """
[accounts.feeding]
agency = "feeding"
creditor = "main"

[shops.feed]
plugin = "canonical"
creditor = "main"
account = "feeding"
"""


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
def clerk(desk: Desk, news: News, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The folder with an agency that has a feed and a portal, live, and one claim handed over."""

    class Linking(feeding(Script(), news)):  # type: ignore[misc]
        def portal_url(self, agency_reference: str) -> str:
            return f"https://portal.example/{agency_reference}"

    settings = desk.folder / "inkasso.toml"
    settings.write_text(settings.read_text("utf-8") + SETTINGS, "utf-8")
    monkeypatch.setattr("inkasso_core.app.Inkasso", partial(Inkasso, agencies={"feeding": Linking}))
    desk.running("A-1", shop="feed")
    desk.live("feeding")
    desk.run("transmit", "--account", "feeding", code=0)
    return desk


def ours(clerk: Desk) -> str:
    (placement,) = clerk.run("show", "feed:A-1", "--json", code=0).json["placements"]
    return str(placement["our_reference"])


def test_nothing_waits(clerk: Desk) -> None:
    assert "zugeordnet" in clerk.run("feed", code=0).out
    assert clerk.run("feed", "--json", code=0).json == {"entries": []}


def test_unknown_cases_are_listed_shown_assigned_and_settled(clerk: Desk, news: News) -> None:
    news.add(FeedKind.MESSAGE, text="Frau Muster ist verzogen")
    news.add(FeedKind.OTHER)
    assert "2 Einträge der Agentur" in clerk.run("run", code=0).out
    listed = clerk.run("feed", "--account", "feeding", code=0).out
    assert "AZ-NOBODY" in listed
    assert "feed assign" in listed
    assert "verzogen" not in listed
    first, second = (row["id"] for row in clerk.run("feed", "--json", code=0).json["entries"])
    assert "verzogen" in clerk.run("feed", "show", first, code=0).out
    assert clerk.run("feed", "show", first, "--json", code=0).json["entry"]["text"] == "Frau Muster ist verzogen"
    assert first in clerk.run("feed", "assign", first, "--claim", "feed:A-1", code=0).out
    assert "Nachricht" in clerk.run("history", "feed:A-1", code=0).out
    assert clerk.run("feed", "settle", second, "--reason", "ein Test", "--json", code=0).json == {"settled": [second]}
    assert clerk.run("feed", "--json", code=0).json == {"entries": []}
    everything = clerk.run("feed", "--all", code=0).out
    assert "ein Test" in everything
    clerk.run("feed", "settle", second, "--reason", "noch einmal", code=4)
    clerk.run("feed", "show", "nix", code=4)
    clerk.run("feed", "--account", "nix", code=4)


def test_tasks_and_the_picture_show_case_and_link(clerk: Desk, news: News) -> None:
    news.add(FeedKind.QUESTION, ours(clerk), text="Gibt es einen Lieferschein?")
    clerk.run("run", code=0)
    case = case_of(ours(clerk))
    (task,) = clerk.run("tasks", "--json", code=0).json["tasks"]
    assert (task["case_reference"], task["portal_url"]) == (case, f"https://portal.example/{case}")
    for command in (["tasks"], ["show", "feed:A-1"]):
        out = clerk.run(*command, code=0).out
        assert f"Aktenzeichen {case}  https://portal.example/{case}" in out
        assert "Lieferschein" not in out
    assert f"Im Portal: https://portal.example/{case}" in clerk.run("show", "feed:A-1", code=0).out
    assert "feeding (interface)" in clerk.run("show", "feed:A-1", code=0).out
