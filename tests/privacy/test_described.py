"""What is wrong with a value is said in both languages, by field, with what helps; the value itself is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from markers import NAME, SECRET, document, paths, replaced
from pydantic import BaseModel, SecretStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from strategies import law_of_claims, mutated_documents

from inkasso_core import Claim, Text
from inkasso_core.describe import Problem, problems, summary
from inkasso_core.discretion import repeats, unsaid
from inkasso_core.errors import ClaimRejected, InvalidInput

WRONG: tuple[Any, ...] = (
    NAME,
    "",
    [],
    [NAME],
    {},
    {"surname": NAME},
    -1,
    "-1",
    1.5,
    10**30,
    True,
    None,
    float("nan"),
    NAME * 300,
    "\ud800",
    "a\0b",
)


def found(make: Any) -> list[Problem]:
    """Return the problems of something that is refused, or none."""
    try:
        make()
    except ValidationError as error:
        return problems(error)
    return []


def test_whatever_is_wrong_anywhere_has_a_field_and_two_languages() -> None:
    whole = document(dispute={"reason": "Ware defekt"}, charges=[{"kind": "other", "amount": 1}], extra={"acme": {"a": 1}})
    untold = set()
    for path in paths(whole):
        for value in WRONG:
            for problem in found(lambda path=path, value=value: Claim.model_validate(replaced(whole, path, value))):
                assert problem.field
                untold |= {problem.text.en} if problem.text.de == problem.text.en or "wird abgelehnt" in problem.text.de else set()
                assert NAME not in "".join(problem.text)
    assert untold == set()


@law_of_claims
@given(mutated_documents())
def test_the_summary_names_every_field(wrong: dict[str, Any]) -> None:
    told = found(lambda: Claim.model_validate(wrong))
    text = summary(told)
    for problem in told:
        assert problem.field in text.de
        assert problem.field in text.en


@pytest.mark.parametrize("key", [NAME, "zzmark@example.org", "+49 351 7770001", "x" * 81, "Lange Straße 7"])
def test_a_key_that_is_no_word_is_not_repeated(key: str) -> None:
    (problem,) = found(lambda: Claim.model_validate({**document(), key: 1}))
    assert problem.field == "?"
    assert problem.text.en == "?: is not known: check the spelling or leave it out"


class Author(BaseModel):
    """The model of a plugin's author, who says more than he should, or exactly what he should."""

    name: str = ""
    token: SecretStr = SecretStr("")
    size: int = 0

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        raise ValueError(f"{value.upper()} is too odd")

    @field_validator("token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        raise PydanticCustomError("token", "{token} is wrong", {"token": value.get_secret_value()})

    @field_validator("size")
    @classmethod
    def _size(cls, value: int) -> int:
        raise PydanticCustomError("size", "the size is odd", {"de": "die Größe ist ungerade"})


def test_an_author_who_quotes_is_not_quoted() -> None:
    for wrong in ({"name": NAME}, {"token": SECRET}):
        ((_, text),) = found(lambda wrong=wrong: Author.model_validate(wrong))
        assert text.en.endswith("is refused: check its form")
        assert text.de.endswith("wird abgelehnt: die Form prüfen")


def test_an_author_who_does_not_quote_is_heard_in_both_languages() -> None:
    ((_, text),) = found(lambda: Author.model_validate({"size": 3}))
    assert text == Text("size: die Größe ist ungerade", "size: the size is odd")


# The net below the promise that no error of ours repeats data


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("Groß-Möller is unknown", ["groß-möller"], True),
        ("GROSS-MÖLLER is unknown", ["Groß-Möller"], True),
        ("the name (Möller) is unknown", ["Möller"], True),
        ("the name Möllerhof is unknown", ["Möller"], False),
        ("in DE only", ["DE"], False),
        ("anything at all", ["", "   "], False),
        ("a +49 351 4567890 b", ["+49 351 4567890"], True),
        ("[.*] is no pattern", ["[.*]"], True),
    ],
)
def test_a_value_is_found_as_words_of_its_own(text: str, values: list[str], expected: bool) -> None:
    assert repeats(text, values) is expected


def test_what_repeats_a_value_is_taken_out_and_the_rest_stays() -> None:
    instead = Text("ungesagt ({error})", "unsaid ({error})")
    error = ClaimRejected(Text(NAME, "somebody"), agency_code=NAME, fields=("city", NAME), raw={"a": 1})
    assert unsaid(error, [NAME], instead) is error
    assert error.text == Text("ungesagt (ClaimRejected)", "unsaid (ClaimRejected)")
    assert (str(error), error.agency_code, error.fields) == ("unsaid (ClaimRejected)", None, ("city",))
    assert error.raw == {"said": {"de": NAME, "en": "somebody"}, "raw": {"a": 1}}
    harmless = InvalidInput(Text("zu lang", "too long"), field="name")
    assert unsaid(harmless, [NAME], instead).text == Text("zu lang", "too long")
    assert harmless.field == "name"
