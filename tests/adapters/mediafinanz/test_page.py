"""The page of the agency is complete: every setting, operation, code and member that is sent."""

import re
from pathlib import Path

from pydantic import BaseModel

from inkasso_adapters.mediafinanz import MediafinanzRest, MediafinanzSoap
from inkasso_adapters.mediafinanz.settings import MediafinanzRestSettings, MediafinanzSoapSettings
from inkasso_adapters.mediafinanz.statuses import INFERRED

PAGE = (Path(__file__).parents[3] / MediafinanzSoap.documentation).read_text("utf-8")


def cells(first: str) -> str:
    """The rows of all tables whose first cell is like this."""
    return "\n".join(line for line in PAGE.splitlines() if re.match(rf"\| {first}", line))


def test_every_setting_has_its_row() -> None:
    rows = cells("`")
    for model in (MediafinanzRestSettings, MediafinanzSoapSettings):
        for name, info in model.model_fields.items():
            table = info.annotation
            inner = table.model_fields if isinstance(table, type) and issubclass(table, BaseModel) else None
            for part in inner or [name]:
                assert f"`{part}`" in rows or f"`.{part}`" in rows or f"`{name}.{part}`" in rows, (name, part)


def test_every_operation_has_its_row() -> None:
    for operation in (MediafinanzSoap.operations | MediafinanzRest.operations) - {"rehearse", "portal_url"}:
        assert f"`{operation}`" in cells("`"), operation


def test_the_inferred_codes_are_those_of_the_code() -> None:
    for status in {meaning.status for meaning in INFERRED.values()}:
        named: set[str] = set()
        for begin, end in re.findall(r"(\d{5})(?: to (\d{5}))?", cells(f"{status} ")):
            named |= {str(code) for code in range(int(begin), int(end or begin) + 1)}
        assert named == {code for code, meaning in INFERRED.items() if meaning.status is status}, status
