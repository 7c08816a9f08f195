"""Hypothesis strategies: any claim that the model takes, its JSON form, and JSON that no claim can be made of. All persons are invented."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from inkasso_core import (
    Address,
    AddressKind,
    AppliesTo,
    Capacity,
    Charge,
    ChargeKind,
    Claim,
    ClaimKind,
    Contact,
    ContactKind,
    Contract,
    Credit,
    Creditor,
    Debtor,
    Dispute,
    Document,
    DueDateOrigin,
    Invoice,
    OrderEnd,
    Organization,
    Payment,
    PaymentOrigin,
    Person,
    Reminder,
    Salutation,
    Source,
    Station,
)
from inkasso_core.model.codes import decimals
from inkasso_core.model.party import AddressOrigin

law = settings(deadline=None)
"""For tests of a law: a loaded machine is no error."""
law_of_claims = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""The same where whole claims are drawn, which takes its time."""

CURRENCIES = ("EUR", "CHF", "JPY", "TND")
"""Two decimals, two, none, three."""

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
"""Whatever a text may hold: all but half characters and NUL."""
texts = st.text(characters, max_size=20)
names = st.sampled_from(
    [None, "", " ", "Groß-Möller", "u\u0308ber", "O'Neill", "Łukasz", "=1+1", "a/b", "100 %", "'", '"', "\\", "\u200b", "ẞ\u200b", "{x}"]
)
"""A few texts that have broken something somewhere; anything at all is drawn for some fields only, so that drawing a claim stays quick."""
references = st.text("aA0/%:-_. üß", min_size=1, max_size=8).filter(lambda text: text.strip())
days = st.sampled_from([None, dt.date(1, 1, 1), dt.date(1900, 1, 1), dt.date(2024, 2, 29), dt.date(2026, 6, 1), dt.date(9999, 12, 31)])
_SINCE, _UNTIL = (dt.datetime.combine(dt.date(year, 1, 2), dt.time()) for year in (1970, 2199))
instants = st.none() | st.datetimes(_SINCE, _UNTIL, timezones=st.just(dt.UTC) | st.timezones())
truths = st.sampled_from([None, True, False])


def json_values(depth: int = 3) -> st.SearchStrategy[Any]:
    """What JSON can hold, numbers with decimals as ``Decimal``."""
    leaves = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | texts | st.decimals(allow_nan=False, allow_infinity=False, places=3)
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=depth)


def amounts(currency: str = "EUR", most: int = 10**9) -> st.SearchStrategy[Decimal]:
    """Amounts that the currency can be written in, in any spelling."""
    unit = Decimal(1).scaleb(-decimals(currency))
    return st.builds(
        lambda units, spell: spell(units * unit),
        st.integers(0, most),
        st.sampled_from([Decimal, lambda value: value.normalize(), lambda value: value.quantize(Decimal("0.0001"))]),
    )


def _few(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


contacts = st.builds(
    Contact,
    kind=st.sampled_from(ContactKind),
    value=references | st.sampled_from(["0351 4567890", "+43 1 234567", "kim@example.org", "KIM@EXAMPLE.ORG", "none", "00"]),
)
addresses = st.builds(
    Address,
    kind=st.sampled_from(AddressKind),
    care_of=names,
    street=names,
    house_number=names,
    extra=names,
    postal_code=names | st.sampled_from(["01067", "1012 ab", "8001"]),
    city=names,
    state=names,
    country=st.sampled_from([None, "", "DE", "at", "Schweiz", "Luxembourg", "NLD"]),
    station=st.none() | st.sampled_from(Station),
    origin=st.sampled_from(AddressOrigin),
    undeliverable=st.booleans(),
)
debtors = st.builds(
    Debtor,
    number=names,
    capacity=st.sampled_from(Capacity),
    person=st.none()
    | st.builds(
        Person,
        salutation=st.sampled_from(Salutation),
        title=names,
        first_name=names,
        last_name=names | texts,
        birth_date=st.none() | st.dates(),
    ),
    organization=st.none() | st.builds(Organization, name=names, legal_form=names, register_number=names, vat_id=names),
    addresses=_few(addresses),
    contacts=_few(contacts),
    language=names,
)
creditors = st.builds(
    Creditor, name=references, legal_form=names, street=names, country=st.sampled_from(["DE", "Österreich"]), input_vat_deductible=truths
)
sources = st.builds(
    Source,
    order=references,
    product=names,
    instalment=st.none() | st.integers(0, 400),
    order_number=names,
    vendor=names,
    status=names,
    triggered=st.booleans(),
    version=st.none() | st.integers(0, 10**9),
    reported_at=instants,
)


def payments(currency: str = "EUR") -> st.SearchStrategy[Payment]:
    """Payments of every origin and allocation."""
    return st.builds(
        Payment,
        amount=amounts(currency),
        on=days,
        origin=st.sampled_from(PaymentOrigin),
        applies_to=st.sampled_from(AppliesTo),
        reference=names,
    )


def charges(currency: str = "EUR") -> st.SearchStrategy[Charge]:
    """Charges of every kind."""
    return st.builds(Charge, kind=st.sampled_from(ChargeKind), amount=amounts(currency), on=days, reason=names)


def credits_of(currency: str = "EUR") -> st.SearchStrategy[Credit]:
    """Credits, allocated to the claim or not."""
    return st.builds(Credit, amount=amounts(currency), on=days, allocated=st.booleans(), reference=names)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    """Any claim."""
    currency = draw(st.sampled_from(CURRENCIES))
    return draw(
        st.builds(
            Claim,
            source=sources,
            currency=st.just(currency) | st.just(currency.lower()),
            principal=amounts(currency),
            debtor=debtors,
            creditor=st.none() | creditors,
            original_creditor=names,
            kind=st.sampled_from(ClaimKind),
            subject=names | texts,
            contract=st.none() | st.builds(Contract, number=names, concluded_on=days, channel=names),
            invoice=st.none() | st.builds(Invoice, number=names, issued_on=days, received_on=days, thirty_day_notice=truths),
            service_date=days,
            performed=truths,
            due_date=st.none() | st.dates(),
            due_date_origin=st.none() | st.sampled_from(DueDateOrigin),
            charges=_few(charges(currency)),
            payments=_few(payments(currency)),
            credits=_few(credits_of(currency)),
            reminders=_few(
                st.builds(Reminder, level=st.none() | st.integers(0, 9), sent_on=days, deadline=days, channel=names, number=names)
            ),
            dispute=st.none() | st.builds(Dispute, since=days, reason=names, resolved_on=days),
            ended=st.none() | st.sampled_from(OrderEnd),
            payment_method=names,
            documents=_few(st.builds(Document, kind=references, name=names, media_type=names, url=names, sha256=names)),
            note=names,
            asserted=_few(st.sampled_from(["due_date", "reminders", "debtor.addresses.0.country"])),
            extra=st.dictionaries(texts, st.dictionaries(texts, json_values(), max_size=3), max_size=2),
        )
    )


documents_of_claims = claims().map(lambda claim: json.loads(claim.model_dump_json(exclude_defaults=True)))
"""Claims in the JSON form in which they may be sent in."""

JUNK: tuple[Any, ...] = ([], [[]], {}, {"surname": "x"}, -1, -0.5, "-3", "twelve", "ß" * 5000, "2026-02-31", "17.03.2026", 10**30)
"""Values that stand wrongly nearly everywhere, each in a way that a schema can see."""


_BEYOND_THE_SCHEMA = frozenset({"country", "reported_at"})
"""Fields of which only the model can tell whether a text will do."""


@st.composite
def mutated_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A claim in its JSON form in which one value, somewhere, was replaced, taken away, or joined by an unknown field."""
    document: dict[str, Any] = draw(documents_of_claims)
    document.pop("extra", None)  # anything may stand there
    holder, key = draw(st.sampled_from([place for place in _places(document) if place[1] not in _BEYOND_THE_SCHEMA]))
    match draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            holder[key] = draw(st.sampled_from(JUNK))
        case "remove":
            del holder[key]
        case _ if isinstance(holder, dict):
            holder["unheard_of"] = draw(st.sampled_from(JUNK))
        case _:
            holder.append(draw(st.sampled_from(JUNK)))
    return document


def _places(node: Any) -> list[tuple[Any, Any]]:
    entries = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return [(node, key) for key, _ in entries] + [place for _, value in entries for place in _places(value)]
