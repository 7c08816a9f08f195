"""The page names every setting and shows the routing table as it is; its examples are configurations."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from inkasso_shop_plugins.copecart import CopeCartSettings
from inkasso_shop_plugins.copecart.columns import NAMES
from inkasso_shop_plugins.copecart.receiving import MOST_BYTES
from inkasso_shop_plugins.copecart.routing import ANY, PUBLISHED, Event, Rule, Way
from inkasso_shop_plugins.copecart.settings import Lists, Terms, Vendor

PAGE = (Path(__file__).parents[3] / "docs/shops/copecart.md").read_text("utf-8")
WORDS = {
    "claim": Way.CLAIM,
    "claim, and cancel the plan": Way.CLAIM_AND_CANCEL_PLAN,
    "reminder": Way.REMINDER,
    "not possible": Way.NOT_POSSIBLE,
}
MODELS: tuple[type[BaseModel], ...] = (CopeCartSettings, Vendor, Rule, Terms, Lists)


def test_every_setting_stands_in_the_table_of_its_model_and_nothing_else_does() -> None:
    parts = PAGE.split("| setting | default | meaning |")[1:]
    tables = [re.findall(r"(?m)^\| `(\w+)` \| .+ \| .+ \|$", part.partition("\n\n")[0]) for part in parts]
    assert tables == [list(model.model_fields) for model in MODELS]


def test_the_routing_table_is_the_published_one() -> None:
    lines = PAGE.partition("| plan |")[2].partition("\n\n")[0].splitlines()[2:-1]
    found, plan, payment = set(), "", ""
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        plan, payment = cells[0].strip("`") or plan, cells[1] or payment
        for method in re.findall(r"`(\w+)`", cells[2]) or [ANY]:
            found |= {(plan, payment, method, event, WORDS[cell]) for event, cell in zip(ORDER, cells[3:], strict=True)}
    assert found == {(rule.plan, str(rule.payment), rule.method, event, rule.way) for rule in PUBLISHED for event in events(rule)} | REST


ORDER = (Event.CHARGEBACK, Event.FAILED, Event.UNPAID)
REST = {("abonnement", "first", method, event, Way.NOT_POSSIBLE) for method in ("stripe", "paypal", "sepa") for event in ORDER[1:]}
"""What the row for any other method says of these, too."""


def events(rule: Rule) -> tuple[Event, ...]:
    return ORDER if rule.event == ANY else (Event(rule.event),)


def test_the_examples_are_settings() -> None:
    values: dict[str, Any] = {}
    for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL):
        given = tomllib.loads(re.sub(r"(?m)^   ", "", block))["shops"]["copecart"]["settings"]
        values |= given
    values["vendors"] = {"4711": {"secret": "from-the-environment"}}
    settings = CopeCartSettings.model_validate(values)
    assert settings.terms is not None
    assert set(settings.terms.model_dump(exclude_unset=True)) == set(Terms.model_fields)
    assert settings.routing[0].way is Way.CLAIM


def test_the_columns_and_the_limits_are_those_of_the_code() -> None:
    named = set(re.findall(r"`(\w+)`", PAGE.partition("The columns are ")[2].partition("\n\n")[0]))
    assert named - {"buyer_zipcode"} == {name for name in NAMES if not name.startswith("buyer_")}
    assert f"{MOST_BYTES // 1024} KiB" in PAGE
