"""A list of earlier hand-overs against everything that goes on beside it: reports, releases and transmissions of other processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chaos.towns import town_on
from world import OPERATOR, World, claim

from inkasso_core import State, points

ORDERS = [f"A-{number:03}" for number in range(40)]
LISTED = ORDERS[::2]
ACCOUNTS = {"agency": {"mode": "automatic"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/inkasso.db"
    return str(request.getfixturevalue("postgres")())


def _list(folder: Path) -> Path:
    path = folder / "earlier.csv"
    path.write_text("order;case;day\n" + "".join(f"{order};AZ-{order};2026-04-20\n" for order in LISTED), "utf-8")
    return path


def _sent(town: World) -> list[str]:
    return [placement.claim.source.order for placement in town.agency.sent]


def _report_all(town: World) -> None:
    for order in ORDERS:
        town.ink.register(claim(order), shop="shop")


def test_stored_before_or_after_the_reports_it_comes_to_the_same(url: str, tmp_path: Path) -> None:
    """One process reports, another adopts at the same time; then everything that is due is done."""
    with town_on(url, tmp_path / "one", accounts=ACCOUNTS) as one, town_on(url, tmp_path / "two", accounts=ACCOUNTS) as two:
        with ThreadPoolExecutor(1) as beside:
            reporting = beside.submit(_report_all, two)
            adoption = one.ink.adopt("agency", _list(tmp_path), actor=OPERATOR)
            reporting.result()
        assert not {"under_way", "elsewhere", "refused"} & set(adoption.counts)
        one.ink.run_due()
        two.ink.run_due()
        assert one.ink.count() == {State.HANDED_OVER: len(ORDERS)}
        assert sorted(_sent(one) + _sent(two)) == sorted(set(ORDERS) - set(LISTED))


def test_what_leaves_while_a_list_is_recorded_is_told_and_nothing_leaves_after_it(url: str, tmp_path: Path) -> None:
    """An account that was live already: what was leased and not sent comes back; what has left is named, never hidden."""
    with town_on(url, tmp_path / "one", accounts=ACCOUNTS) as one:
        _report_all(one)
        fates: dict[str, str] = {}

        def adopt(name: str) -> None:
            if name == "transmit.leased" and not fates:
                fates["begun"] = ""
                rows = one.ink.adopt("agency", _list(tmp_path), actor=OPERATOR).rows
                fates.update({str(row.order): row.fate for row in rows})

        points.listener = adopt
        try:
            one.ink.run_due()
        finally:
            points.listener = None
        one.ink.run_due()
        del fates["begun"]
        assert set(_sent(one)) & set(LISTED) == {order for order, fate in fates.items() if fate == "elsewhere"}
        assert set(fates.values()) == {"adopted"}  # nothing had been sent when the list came
        assert len(_sent(one)) == len(set(_sent(one))) == len(ORDERS) - len(LISTED)
        assert one.ink.count() == {State.HANDED_OVER: len(ORDERS)}
