"""What the model says of values: taken, or refused with a kind of error that never shows the value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

Make = Callable[[], Any]


@pytest.fixture
def refusal() -> Callable[[Make], str]:
    """Return a function that makes something which is refused, and returns the kind of error."""

    def kind_of(make: Make) -> str:
        with pytest.raises(ValidationError) as caught:
            make()
        (error,) = caught.value.errors()
        return str(error["type"])

    return kind_of
