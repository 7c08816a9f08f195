"""A neutral record of a placement, for agencies that publish no field list: ours, not any agency's. Settings map it to what one takes.

Values are plain: text, ``Decimal`` amounts in the claim's currency, dates as ISO text, truth values, lists. Every field is always
there, None where it is unknown. A path is dotted; a number names one entry of a list, ``*`` every one: ``debtor.address.city``,
``claims.0.invoice.number``, ``claims.*.principal_open``. ``docs/agencies/pno.md`` lists all paths.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from itertools import combinations, zip_longest
from types import MappingProxyType
from typing import Any, NamedTuple

from inkasso_core import (
    Address,
    ChargeKind,
    Claim,
    ConfigurationError,
    ContactKind,
    Contract,
    Debtor,
    Dispute,
    Invoice,
    Organization,
    Person,
    Placement,
    Statement,
    Text,
)

EVERY = "*"
NO_CODES: Mapping[str, Mapping[str, str]] = MappingProxyType({})


class _One(NamedTuple):
    """Fields of what belongs to a thing."""

    read: Callable[[Any], Any]
    fields: Mapping[str, Any]


class _Many(NamedTuple):
    """Fields of each of several."""

    read: Callable[[Any], Iterable[Any]]
    fields: Mapping[str, Any]


class _Item(NamedTuple):
    """A claim, and what the law makes of it."""

    claim: Claim
    statement: Statement | None


_ADDRESS = {
    "care_of": lambda address: address.care_of,
    "street": lambda address: address.street,
    "house_number": lambda address: address.house_number,
    "street_line": lambda address: address.street_line,
    "extra": lambda address: address.extra,
    "postal_code": lambda address: address.postal_code,
    "city": lambda address: address.city,
    "state": lambda address: address.state,
    "country": lambda address: address.country,
}

_CREDITOR = {
    "name": lambda creditor: creditor.name,
    "legal_form": lambda creditor: creditor.legal_form,
    "street": lambda creditor: creditor.street,
    "house_number": lambda creditor: creditor.house_number,
    "postal_code": lambda creditor: creditor.postal_code,
    "city": lambda creditor: creditor.city,
    "country": lambda creditor: creditor.country,
    "input_vat_deductible": lambda creditor: creditor.input_vat_deductible,
}


def _first(kind: ContactKind) -> Callable[[Debtor], str | None]:
    return lambda debtor: next(iter(debtor.values(kind)), None)


_DEBTOR = {
    "number": lambda debtor: debtor.number,
    "kind": lambda debtor: "company" if debtor.is_company else "person",
    "capacity": lambda debtor: debtor.capacity,
    "salutation": lambda debtor: _person(debtor).salutation,
    "title": lambda debtor: _person(debtor).title,
    "first_name": lambda debtor: _person(debtor).first_name,
    "last_name": lambda debtor: _person(debtor).last_name,
    "birth_date": lambda debtor: _person(debtor).birth_date,
    "company": lambda debtor: _organization(debtor).name,
    "legal_form": lambda debtor: _organization(debtor).legal_form,
    "register_number": lambda debtor: _organization(debtor).register_number,
    "vat_id": lambda debtor: _organization(debtor).vat_id,
    "email": _first(ContactKind.EMAIL),
    "phone": _first(ContactKind.PHONE),
    "mobile": _first(ContactKind.MOBILE),
    "fax": _first(ContactKind.FAX),
    "language": lambda debtor: debtor.language,
    "address": _One(lambda debtor: debtor.address or Address(), _ADDRESS),
}

_CLAIM = {
    "order": lambda item: item.claim.source.order,
    "order_number": lambda item: item.claim.source.order_number or item.claim.source.order,
    "product": lambda item: item.claim.source.product,
    "instalment": lambda item: item.claim.source.instalment,
    "vendor": lambda item: item.claim.source.vendor,
    "kind": lambda item: item.claim.kind,
    "subject": lambda item: item.claim.subject,
    "currency": lambda item: item.claim.currency,
    "principal": lambda item: item.claim.principal,
    "principal_open": lambda item: item.claim.principal_open,
    "charges_open": lambda item: item.claim.open.charges,
    "total_open": lambda item: item.claim.total_open,
    "dunning_fees": lambda item: _charged(item.claim, ChargeKind.DUNNING_FEE),
    "bank_return_fees": lambda item: _charged(item.claim, ChargeKind.BANK_RETURN_FEE),
    "invoice": _One(
        lambda item: item.claim.invoice or Invoice(),
        {"number": lambda invoice: invoice.number, "issued_on": lambda invoice: invoice.issued_on},
    ),
    "contract": _One(
        lambda item: item.claim.contract or Contract(),
        {
            "number": lambda contract: contract.number,
            "concluded_on": lambda contract: contract.concluded_on,
            "channel": lambda contract: contract.channel,
        },
    ),
    "service_date": lambda item: item.claim.service_date,
    "delivered_on": lambda item: item.claim.delivered_on,
    "due_date": lambda item: item.claim.due_date,
    "default_since": lambda item: item.statement.default.since if item.statement and item.statement.default else None,
    "default_cause": lambda item: item.statement.default.cause if item.statement and item.statement.default else None,
    "interest_open": lambda item: item.statement.interest_open if item.statement else None,
    "reminder_count": lambda item: len(item.claim.reminders),
    "last_reminder_on": lambda item: item.claim.last_reminder.sent_on if item.claim.last_reminder else None,
    "payment_method": lambda item: item.claim.payment_method,
    "disputed": lambda item: item.claim.dispute is not None and item.claim.dispute.is_open,
    "dispute_reason": lambda item: (item.claim.dispute or Dispute()).reason,
    "note": lambda item: item.claim.note,
    "charges": _Many(
        lambda item: item.claim.charges,
        {
            "kind": lambda charge: charge.kind,
            "amount": lambda charge: charge.amount,
            "on": lambda charge: charge.on,
            "reason": lambda charge: charge.reason,
        },
    ),
    "payments": _Many(
        lambda item: item.claim.payments,
        {
            "amount": lambda payment: payment.amount,
            "on": lambda payment: payment.on,
            "applies_to": lambda payment: payment.applies_to,
            "reference": lambda payment: payment.reference,
        },
    ),
    "credits": _Many(
        lambda item: [credit for credit in item.claim.credits if credit.allocated],
        {"amount": lambda credit: credit.amount, "on": lambda credit: credit.on, "reference": lambda credit: credit.reference},
    ),
    "reminders": _Many(
        lambda item: item.claim.reminders,
        {
            "level": lambda reminder: reminder.level,
            "sent_on": lambda reminder: reminder.sent_on,
            "deadline": lambda reminder: reminder.deadline,
            "channel": lambda reminder: reminder.channel,
            "number": lambda reminder: reminder.number,
        },
    ),
    "returns": _Many(
        lambda item: item.claim.returns,
        {"kind": lambda back: back.kind, "on": lambda back: back.on, "code": lambda back: back.code, "decided": lambda back: back.decided},
    ),
    "interest": _Many(
        lambda item: item.statement.segments if item.statement else (),
        {
            "first": lambda line: line.first,
            "last": lambda line: line.last,
            "days": lambda line: line.days,
            "principal": lambda line: line.principal,
            "percent": lambda line: line.percent,
            "amount": lambda line: line.amount,
        },
    ),
}

_PLACEMENT = {
    "reference": lambda placement: placement.our_reference,
    "account": lambda placement: placement.account,
    "placed_on": lambda placement: placement.placed_on,
    "currency": lambda placement: placement.currency,
    "principal_open": lambda placement: placement.principal_open,
    "total_open": lambda placement: placement.total_open,
    "creditor": _One(lambda placement: placement.creditor, _CREDITOR),
    "debtor": _One(lambda placement: placement.debtor, _DEBTOR),
    "claims": _Many(
        lambda placement: [_Item(*pair) for pair in zip_longest(placement.claims, placement.statements)],
        _CLAIM,
    ),
}


def _person(debtor: Debtor) -> Person:
    return debtor.person or Person()


def _organization(debtor: Debtor) -> Organization:
    return debtor.organization or Organization()


def _charged(claim: Claim, kind: ChargeKind) -> Decimal:
    return sum((charge.amount for charge in claim.charges if charge.kind is kind), Decimal("0.00"))


def record(placement: Placement) -> dict[str, Any]:
    """Return the placement as plain nested values."""
    return _fields(_PLACEMENT, placement)


def flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record as dotted paths to values; an empty list has none."""
    return dict(_leaves(record, ()))


def check_map(field_map: Mapping[str, str], *, setting: str = "field_map", known: frozenset[str] | None = None) -> None:
    """Raise ``ConfigurationError`` for a source that there is not, and for targets that cannot be side by side.

    ``known`` are the sources where it is not our record that is mapped; see :func:`every_path`.
    """
    _check(tuple(field_map.items()), setting, every_path() if known is None else known)


@lru_cache(maxsize=64)
def _check(pairs: tuple[tuple[str, str], ...], setting: str, known: frozenset[str]) -> None:
    for target, source in pairs:
        if _generic(source) not in known:
            raise ConfigurationError(_NO_SOURCE.fill(setting=setting, source=source), field=f"{setting}.{target}")
        if source.split(".").count(EVERY) != target.split(".").count(EVERY) or "" in target.split("."):
            raise ConfigurationError(_NO_TARGET.fill(setting=setting, target=target), field=f"{setting}.{target}")
    for (target, _), (other, _) in combinations(pairs, 2):
        if all(part == beside or EVERY in (part, beside) for part, beside in zip(target.split("."), other.split("."), strict=False)):
            raise ConfigurationError(_TWICE.fill(setting=setting, target=target, other=other), field=f"{setting}.{target}")


def mapped(
    record: Mapping[str, Any],
    field_map: Mapping[str, str],
    *,
    codes: Mapping[str, Mapping[str, str]] = NO_CODES,
    known: frozenset[str] | None = None,
) -> dict[str, Any]:
    """Return the record in other names: target path <- source path, nested as the targets say. What is unknown is left out.

    A target's segment that is a number, or stands where the source has ``*``, makes a list. ``codes`` replaces values: source path ->
    our value -> the agency's. An empty map gives the record itself. Raises ``ConfigurationError`` as :func:`check_map` does.
    """
    if not field_map:
        return dict(record)
    check_map(field_map, known=known)
    tree: dict[str, Any] = {}
    for target, source in field_map.items():
        spelled = codes.get(source) or codes.get(_generic(source), {})
        for numbers, value in _found(record, source.split(".")):
            if value is not None:
                put(tree, _numbered(target, numbers), spelled.get(str(value), value))
    return {name: _listed(value) for name, value in tree.items()}


def put(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """Put a value into nested dicts."""
    for part in path[:-1]:
        tree = tree.setdefault(part, {})
    tree[path[-1]] = value


def _fields(fields: Mapping[str, Any], thing: Any) -> dict[str, Any]:
    return {name: _value(field, thing) for name, field in fields.items()}


def _value(field: Any, thing: Any) -> Any:
    match field:
        case _One(read, fields):
            return _fields(fields, read(thing))
        case _Many(read, fields):
            return [_fields(fields, one) for one in read(thing)]
    value = field(thing)
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, dt.date) else value


def _leaves(node: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if not isinstance(node, Mapping | list):
        yield ".".join(path), node
        return
    for key, value in node.items() if isinstance(node, Mapping) else enumerate(node):
        yield from _leaves(value, (*path, str(key)))


@cache
def every_path() -> frozenset[str]:
    """Return every path of the record, with ``*`` for the entries of a list."""

    def paths(fields: Mapping[str, Any], before: str) -> Iterator[str]:
        for name, field in fields.items():
            here = f"{before}{name}"
            yield here
            if isinstance(field, _Many):
                here += f".{EVERY}"
                yield here
            if isinstance(field, _One | _Many):
                yield from paths(field.fields, f"{here}.")

    return frozenset(paths(_PLACEMENT, ""))


def known_paths() -> list[str]:
    """Return the paths of all values that the record has, ``*`` for the entries of a list."""
    found = every_path()
    return sorted(path for path in found if not any(other.startswith(f"{path}.") for other in found))


def _generic(path: str) -> str:
    return ".".join(EVERY if part.isdigit() else part for part in path.split("."))


def _found(node: Any, path: list[str], numbers: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield what lies at a path, with the number of each entry that ``*`` stands for."""
    if not path:
        yield numbers, node
        return
    here, rest = path[0], path[1:]
    if isinstance(node, Mapping):
        yield from _found(node[here], rest, numbers)
    elif here == EVERY:
        for number, entry in enumerate(node):
            yield from _found(entry, rest, (*numbers, str(number)))
    elif int(here) < len(node):
        yield from _found(node[int(here)], rest, numbers)


def _numbered(target: str, numbers: tuple[str, ...]) -> list[str]:
    left = iter(numbers)
    return [next(left) if part == EVERY else part for part in target.split(".")]


def _listed(node: Any) -> Any:
    """Turn what has numbers for names into lists."""
    if not isinstance(node, dict):
        return node
    inner = {name: _listed(value) for name, value in node.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


_NO_SOURCE = Text(
    "{setting}: der Datensatz kennt kein {source}; die Dokumentation der Anbindung nennt alle Pfade.",
    "{setting}: the record has no {source}; the adapter's documentation lists all paths.",
)
_NO_TARGET = Text(
    "{setting}: {target} muss so viele * haben wie seine Quelle und darf keine leeren Teile haben.",
    "{setting}: {target} must have as many * as its source, and no empty parts.",
)
_TWICE = Text(
    "{setting}: {target} und {other} schließen einander aus: das eine ist das andere oder enthält es.",
    "{setting}: {target} and {other} exclude each other: one is the other, or holds it.",
)
