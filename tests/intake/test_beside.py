"""Files beside an export: only where the shop's plugin reads them."""

from pathlib import Path

import pytest

from inkasso_core import ConfigurationError, Inkasso, Settings


def test_a_plugin_that_reads_nothing_beside_says_so(tmp_path: Path) -> None:
    settings = Settings.model_validate({"shops": {"cp": {"plugin": "cpshop"}}, "folder": tmp_path})
    with Inkasso(settings) as ink, pytest.raises(ConfigurationError, match="leave --beside out") as refused:
        ink.ingest(tmp_path / "orders.csv", shop="cp", beside=[tmp_path / "addresses.csv"])
    assert refused.value.field == "beside"
    assert "weglassen" in refused.value.text.de
