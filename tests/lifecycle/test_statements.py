"""What the law makes of a claim goes with it to the agency: default, interest line by line, totals."""

from decimal import Decimal
from pathlib import Path

from world import OPERATOR, claim, done, world

from inkasso_core import Address, DefaultCause, Placement, Statement


def test_each_claim_of_a_placement_has_its_statement_as_of_the_day_it_is_placed(tmp_path: Path) -> None:
    with world(tmp_path, several=2) as town:
        refs = [str(result.ref) for result in town.report(claim("A-1", customer="K-7"), claim("A-2", customer="K-7"))]
        done(town.ink.release(refs, actor=OPERATOR))
        town.transmit()
        (placement,) = town.agency.sent
        for one, statement in zip(placement.claims, placement.statements, strict=True):
            assert statement == town.ink.statement(f"shop:{one.source.order}", as_of=placement.placed_on)
            _stands(placement, statement)


def _stands(placement: Placement, statement: Statement | None) -> None:
    assert statement is not None
    assert statement.default is not None
    assert statement.default.cause is DefaultCause.REMINDER
    assert statement.interest == sum(line.amount for line in statement.segments) > Decimal(0)
    assert statement.segments[-1].last == placement.placed_on == statement.as_of


def test_where_the_law_is_not_known_a_claim_goes_without_a_statement(tmp_path: Path) -> None:
    with world(tmp_path, accounts={"main": {"policy": {"countries": ["DE", "AT"]}}}) as town:
        address = Address(street="Invented Street", house_number="1", postal_code="1010", city="Wien", country="AT")
        stranger = claim("A-9")
        (result,) = town.report(stranger.model_copy(update={"debtor": stranger.debtor.model_copy(update={"addresses": (address,)})}))
        assert "LAW_NOT_KNOWN" in town.ink.diagnose(str(result.ref)).warnings
        done(town.ink.release([str(result.ref)], actor=OPERATOR))
        town.transmit()
        (placement,) = town.agency.sent
        assert placement.statements == (None,)
        assert town.ink.statement(str(result.ref)) is None
