"""The key of a claim inside its shop: no two records share one, and no record has two."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from strategies import law, references

from inkasso_core import Source

parts = st.text("a/%2F5 b", min_size=1, max_size=6).filter(lambda text: text.strip())
records = st.tuples(parts | references, st.none() | parts, st.none() | st.integers(0, 30))


def source(record: tuple[str, str | None, int | None]) -> Source:
    return Source(order=record[0], product=record[1], instalment=record[2])


def identity(of: Source) -> tuple[str, str | None, int | None]:
    return of.order, of.product, of.instalment


@law
@given(records, records)
@example(("a", "b", None), ("a/b", None, None))
@example(("a", None, 3), ("a", "3", None))
@example(("a", None, 3), ("a/", "3", None))
@example(("a%2Fb", None, None), ("a/b", None, None))
@example(("a", "b/3", None), ("a", "b", 3))
@example(("a", "%2F", None), ("a", "/", None))
def test_different_records_have_different_keys(one: tuple[str, str | None, int | None], other: tuple[str, str | None, int | None]) -> None:
    first, second = source(one), source(other)
    assert (first.key == second.key) == (identity(first) == identity(second))


@law
@given(records)
def test_the_order_is_read_off_the_key(record: tuple[str, str | None, int | None]) -> None:
    alone = Source(order=record[0])
    assert source(record).key.split("/", 1)[0] == alone.key
    assert "/" not in alone.key


def test_an_order_alone_is_its_own_key() -> None:
    assert Source(order="4711").key == "4711"
    assert Source(order="4711", product="P 1", instalment=2).key == "4711/P 1/2"
    assert Source(order="4711", instalment=0).key == "4711//0"


def test_nothing_but_the_record_is_in_the_key() -> None:
    plain = Source(order="4711")
    other = Source(order="4711", status="paid", order_number="A", vendor="V", version=7, triggered=False)
    assert other.key == plain.key
