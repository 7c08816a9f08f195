"""``python -m inkasso_shop_plugins.actindo.authorize --shop NAME``: let `inkasso` into an actindo instance, once, by a person.

It prints an address; logged in to actindo the person permits the access, and the browser is led to the redirect URI. Where that is the
shop's route of `inkasso serve` (``…/v1/shops/NAME/permitted``) all is done; else the address that the browser shows then is pasted here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from inkasso_core import ConfigurationError, Inkasso, InkassoError, ShopRequest, Text
from inkasso_shop_plugins.actindo import words
from inkasso_shop_plugins.actindo.client import NAME
from inkasso_shop_plugins.actindo.push import PERMITTED_PATH
from inkasso_shop_plugins.actindo.settings import ActindoSettings
from inkasso_shop_plugins.actindo.tokens import permission_url

OPEN = Text("In actindo angemeldet öffnen und zustimmen:\n\n{url}\n", "Open it, logged in to actindo, and permit it:\n\n{url}\n")
PASTE = Text(
    "Danach die ganze Adresse einfügen, zu der der Browser geführt wurde (leer: der Empfang hat sie schon): ",
    "Then paste the whole address that the browser was led to (empty: the intake has it already): ",
)
NO_CODE = Text("In der Adresse steht kein Code: noch einmal beginnen.", "There is no code in the address: begin again.")
NOT_THIS = Text("[shops.{shop}] ist kein Shop mit dem Plugin actindo.", "[shops.{shop}] is no shop with the plugin actindo.")
INCOMPLETE = Text(
    "[shops.{shop}.settings] lässt sich nicht lesen: `inkasso doctor` sagt, was falsch ist.",
    "[shops.{shop}.settings] cannot be read: `inkasso doctor` says what is wrong.",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code, 0 where the access is permitted."""
    parser = argparse.ArgumentParser(prog="python -m inkasso_shop_plugins.actindo.authorize", description=__doc__)
    parser.add_argument("--config", help="inkasso.toml")
    parser.add_argument("--shop", required=True, help="NAME of [shops.NAME]")
    parser.add_argument("--address", help="the address that the browser was led to; left out, it is asked for")
    given = parser.parse_args(arguments)
    try:
        with Inkasso.from_config(given.config) as ink:
            return _permit(ink, given.shop, given.address)
    except InkassoError as exc:
        sys.stderr.write(f"{exc.text.de}\n{exc.text.en}\n")
        return 1


def _permit(ink: Inkasso, shop: str, address: str | None) -> int:
    language = ink.settings.inkasso.language
    settings = _settings(ink, shop)
    if address is None:
        sys.stdout.write(OPEN.fill(url=permission_url(settings, shop, ink.now())).read(language) + "\n" + PASTE.read(language))
        sys.stdout.flush()
        address = sys.stdin.readline().strip()
    if not address:
        return 0
    found = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    if "code" not in found:
        raise ConfigurationError(NO_CODE)
    ink.receive(shop, ShopRequest(method="GET", path=PERMITTED_PATH, query=found, headers={}, body=b"", received_at=ink.now()))
    sys.stdout.write(words.PERMITTED.read(language) + "\n")
    return 0


def _settings(ink: Inkasso, shop: str) -> ActindoSettings:
    config = ink.settings.shops.get(shop)
    if config is None or config.plugin != NAME:
        raise ConfigurationError(NOT_THIS.fill(shop=shop))
    try:
        settings = ActindoSettings.model_validate(dict(config.settings))
    except ValidationError:
        raise ConfigurationError(INCOMPLETE.fill(shop=shop)) from None
    if missing := settings.needed():
        raise ConfigurationError(words.NOT_SET.fill(shop=shop, names=", ".join(missing)))
    return settings


if __name__ == "__main__":
    sys.exit(main())
