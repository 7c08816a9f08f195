"""The plugin manager: loaded one by one, broken ones listed with the reason, the others work."""

from pathlib import Path
from typing import Any

import pytest
from distributions import Strangers
from world import world

from inkasso_core import Claim, Finding, Level, PluginError, ShopPlugin, ShopSettings, Text, hookimpl
from inkasso_core.plugins.manager import HOOKS, Plugins

OURS = {"actindo", "canonical", "copecart", "cpshop", "django", "plentymarkets", "tryton"}
POLICY = """
from inkasso_core import hookimpl

class Policy:
    @hookimpl
    def inkasso_choose_account(self, claim):
        return None
"""
SHOP = """
from inkasso_core import Claim, ShopPlugin, ShopSettings, hookimpl

class Shop(ShopPlugin[ShopSettings]):
    name = "corner"
    label = "Corner shop"

    @hookimpl
    def inkasso_export_requested(self, event):
        return Claim.model_validate(event.payload)
"""


def loaded(**extra: object) -> Plugins:
    return Plugins(serving={}, extra=extra)


def reason(plugins: Plugins, name: str) -> str:
    """Why a plugin is broken, in English; the German text must be one of its own."""
    (found,) = [broken for broken in plugins.broken if broken.name == name]
    assert found.text.de != found.text.en
    assert name in found.text.de
    assert "\n" not in found.text.en + found.text.de
    return found.text.en


def test_shop_and_policy_plugins_are_found_by_entry_point_as_class_object_or_module(strangers: Strangers) -> None:
    module = "from inkasso_core import hookimpl\n\n@hookimpl\ndef inkasso_review_claim(claim): return None\n"
    strangers.install(
        "strangers",
        modules={"corner": SHOP, "policy": POLICY + "\nready_made = Policy()\n", "rules": module},
        plugins={"corner": "corner:Shop", "class": "policy:Policy", "object": "policy:ready_made", "module": "rules"},
    )
    plugins = loaded()
    assert plugins.broken == []
    assert set(plugins.shop_plugin_names) == {"corner", *OURS}
    assert set(plugins.policy_names) == {"class", "object", "module"}


BROKEN = [
    ("import no_such_library", "ModuleNotFoundError"),
    ("def (", "SyntaxError"),
    ("raise RuntimeError('Erika Beispiel')", "RuntimeError"),
    ("raise SystemExit(1)", "SystemExit"),
    ("class Other: ...", "AttributeError"),
    ("class Policy:\n    def __init__(self): raise ValueError('Erika Beispiel')", "ValueError"),
    ("class Policy:\n    def __init__(self): raise SystemExit(1)", "SystemExit"),
    ("class Policy:\n    def __init__(self, needed): ...", "TypeError"),
    (POLICY.replace("choose_account", "chose_account"), "no hook inkasso_chose_account, did you mean inkasso_choose_account?"),
    (POLICY.replace("inkasso_choose_account", "inkasso_whatever_this_is"), "no hook inkasso_whatever_this_is"),
    (POLICY.replace("(self, claim)", "(self, claim, amount)"), "{'amount'}"),
    (POLICY.replace("@hookimpl", ""), "inkasso_choose_account lacks @hookimpl"),
]


@pytest.mark.parametrize(("source", "said"), BROKEN)
def test_a_broken_plugin_is_listed_with_the_reason_and_the_others_work(strangers: Strangers, source: str, said: str) -> None:
    strangers.install("strangers", modules={"shaky": source}, plugins={"shaky": "shaky:Policy"})
    strangers.install("others", modules={"corner": SHOP, "steady": POLICY}, plugins={"corner": "corner:Shop", "steady": "steady:Policy"})
    plugins = loaded()
    assert said in reason(plugins, "shaky")
    assert "Erika" not in str(plugins.broken)
    assert [broken.name for broken in plugins.broken] == ["shaky"]
    assert set(plugins.shop_plugin_names) == {"corner", *OURS}
    assert plugins.policy_names == ["steady"]


@pytest.mark.parametrize("style", ["wrapper", "hookwrapper"])
@pytest.mark.parametrize("hook", ["inkasso_review_claim", "inkasso_claim_changed"])
def test_what_is_called_one_by_one_cannot_be_wrapped(hook: str, style: str) -> None:
    class Wrapping:
        @hookimpl(**{style: True})
        def inkasso_review_claim(self, claim: Claim) -> Any:
            yield

        @hookimpl(**{style: True})
        def inkasso_claim_changed(self, event: Any) -> Any:
            yield

    other = {"inkasso_review_claim", "inkasso_claim_changed"} - {hook}
    delattr(Wrapping, other.pop())
    plugins = loaded(wrapping=Wrapping)
    assert f"{hook} is called one by one and cannot be wrapped" in reason(plugins, "wrapping")
    assert plugins.observers("any") == []


def test_a_name_that_two_distributions_claim_is_listed_and_neither_is_used(strangers: Strangers) -> None:
    strangers.install("one", modules={"policy_one": POLICY}, plugins={"limits": "policy_one:Policy"})
    strangers.install("two", modules={"policy_two": POLICY}, plugins={"limits": "policy_two:Policy", "steady": "policy_two:Policy"})
    plugins = loaded()
    assert "several distributions" in reason(plugins, "limits")
    assert plugins.policy_names == ["steady"]


def test_a_plugin_that_is_switched_off_is_not_even_imported(strangers: Strangers, tmp_path: Path) -> None:
    traces = tmp_path / "imported"
    loud = f"from pathlib import Path\nPath({str(traces)!r}).touch()\n{POLICY}"
    strangers.install("strangers", modules={"loud": loud}, plugins={"loud": "loud:Policy"})
    plugins = Plugins(serving={}, disabled=["loud", "cpshop"])
    assert plugins.policy_names == []
    assert set(plugins.shop_plugin_names) == OURS - {"cpshop"}
    assert not traces.exists()
    loaded()
    assert traces.exists(), "the proof above can fail"


def test_a_broken_part_leaves_nothing_of_the_plugin_behind() -> None:
    class Half:
        @hookimpl
        def inkasso_review_claim(self, claim: Claim) -> Finding:
            return Finding("HALF", Level.BLOCK, False, None, Text("halb", "half"), Text("ganz", "whole"))

        @hookimpl
        def inkasso_claim_change(self, event: Any) -> None: ...

    plugins = loaded(half=Half)
    assert "did you mean inkasso_claim_changed?" in reason(plugins, "half")
    assert plugins.review(claim=None, shop="any") == ()  # type: ignore[arg-type]


def test_a_hook_that_another_version_may_know_can_be_marked_optional() -> None:
    class Early:
        @hookimpl(optionalhook=True)
        def inkasso_moon_rose(self, event: Any) -> None: ...

    plugins = loaded(early=Early)
    assert (plugins.broken, plugins.policy_names) == ([], ["early"])


def test_a_subclass_that_forgets_the_mark_on_a_hook_it_changes_is_broken(strangers: Strangers) -> None:
    strangers.install("strangers", modules={"corner": SHOP}, plugins={})
    import corner  # type: ignore[import-not-found]

    class Changed(corner.Shop):  # type: ignore[misc]
        def inkasso_export_requested(self, event: Any) -> None: ...

    assert "inkasso_export_requested lacks @hookimpl" in reason(loaded(corner=Changed), "corner")


def test_asking_for_a_plugin_names_what_is_wrong_with_it(strangers: Strangers) -> None:
    strangers.install("strangers", modules={"shaky": "import no_such_library"}, plugins={"shaky": "shaky:Shop"})
    plugins = loaded()
    with pytest.raises(PluginError, match="ModuleNotFoundError"):
        plugins.shop_plugin("shaky")
    with pytest.raises(PluginError, match=rf"not installed\. Installed: {', '.join(sorted(OURS))}"):
        plugins.shop_plugin("shopware")


def test_the_list_of_hooks_is_the_one_of_the_design() -> None:
    assert HOOKS == (
        "inkasso_order_status_changed",
        "inkasso_dunning_level_reached",
        "inkasso_export_requested",
        "inkasso_payment_received",
        "inkasso_order_cancelled",
        "inkasso_dispute_raised",
        "inkasso_choose_account",
        "inkasso_review_claim",
        "inkasso_claim_changed",
    )


def test_two_installations_in_one_process_share_nothing(tmp_path: Path) -> None:
    class Shop(ShopPlugin[ShopSettings]):
        name = "own"
        label = "Own"

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with world(tmp_path / "a", plugins={"own": Shop}) as one, world(tmp_path / "b") as other:
        assert "own" in one.ink.plugins.shop_plugin_names
        assert "own" not in other.ink.plugins.shop_plugin_names


def test_a_shop_whose_plugin_is_broken_is_not_served_and_the_others_are(tmp_path: Path) -> None:
    class Broken(ShopPlugin[ShopSettings]):
        name = "broken"
        label = "Broken"

        def __init__(self) -> None:
            raise RuntimeError

    with world(tmp_path, shops={"shop": {}, "second": {"plugin": "broken"}}, plugins={"broken": Broken}) as town:
        with pytest.raises(PluginError, match="RuntimeError"):
            town.ink.dunning_level_reached(shop="second", payload={})
        town.ready("A-1")
        checks = {check.subject: check.health for check in town.ink.doctor()}
        assert (checks["plugin broken"], checks["shop second"], checks["shop shop"]) == ("error", "error", "ok")


def test_what_a_plugin_doubts_is_a_warning_and_one_that_breaks_stops_nobody(tmp_path: Path) -> None:
    class Doubtful(ShopPlugin[ShopSettings]):
        name = "doubtful"
        label = "Doubtful"

        def doubts(self, settings: ShopSettings, section: str) -> list[Text]:
            return [Text(f"[{section}] offen", f"[{section}] open")]

    class Broken(Doubtful):
        name = "broken"

        def doubts(self, settings: ShopSettings, section: str) -> list[Text]:
            raise RuntimeError("secret")

    plugins = {"doubtful": Doubtful, "broken": Broken}
    with world(tmp_path, shops={"shop": {}, "a": {"plugin": "doubtful"}, "b": {"plugin": "broken"}}, plugins=plugins) as town:
        checks = {check.subject: check for check in town.ink.doctor()}
        assert checks["shop a"].health == "warn"
        assert checks["shop a"].text.en == "[shops.a.settings] open"
        assert checks["shop b"].health == "error"
        assert "RuntimeError" in checks["shop b"].text.en
        assert "secret" not in checks["shop b"].text.en
        assert checks["shop shop"].health == "ok"
