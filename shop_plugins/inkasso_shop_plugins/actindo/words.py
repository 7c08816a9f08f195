"""What people read when something with actindo is wrong: each text says what, and what helps."""

from __future__ import annotations

from inkasso_core import Text

NOT_SET = Text(
    "[shops.{shop}.settings]: {names} fehlt: ohne das kann actindo nicht abgefragt werden (docs/shops/actindo.md).",
    "[shops.{shop}.settings]: {names} is missing: without it actindo cannot be polled (docs/shops/actindo.md).",
)
AUTHORIZE = Text(
    "actindo hat diesen Zugang noch nicht freigegeben, oder die Freigabe ist verloren. Neu freigeben mit "
    "`python -m inkasso_shop_plugins.actindo.authorize --shop {shop}`.",
    "actindo has not let this access in yet, or the permission is lost. Permit it anew with "
    "`python -m inkasso_shop_plugins.actindo.authorize --shop {shop}`.",
)
LOST = Text(
    "Das Erneuern des Zugangs zu actindo wurde unterbrochen, und der alte Token gilt nicht mehr. Neu freigeben mit "
    "`python -m inkasso_shop_plugins.actindo.authorize --shop {shop}`.",
    "The renewal of the access to actindo was interrupted, and the old token does not count any more. Permit it anew with "
    "`python -m inkasso_shop_plugins.actindo.authorize --shop {shop}`.",
)
CODE_REFUSED = Text(
    "actindo nimmt den Code nicht an: er gilt einmal und kurz. Noch einmal freigeben; client_id, client_secret und redirect_uri prüfen.",
    "actindo does not take the code: it counts once and for a short time. Permit anew; check client_id, client_secret and redirect_uri.",
)
STATE_WRONG = Text(
    "Die Rückkehr von actindo gehört nicht zu einer Freigabe, die hier begonnen wurde: neu beginnen.",
    "The return from actindo belongs to no permission that was begun here: begin anew.",
)
PERMITTED = Text("Der Zugang zu actindo ist freigegeben.", "The access to actindo is permitted.")
NOT_REACHED = Text("actindo ist nicht erreichbar: es wird wieder versucht.", "actindo cannot be reached: it is tried again.")
NO_ANSWER = Text(
    "actindo antwortet auf {method} mit einer Seite oder einer unlesbaren Antwort (HTTP {status}): es wird wieder versucht. Bleibt es "
    "so: url und Methodennamen prüfen.",
    "actindo answers {method} with a page, or with what cannot be read (HTTP {status}): it is tried again. If it stays so: check url and "
    "the names of the methods.",
)
FAILED = Text(
    "actindo meldet, dass {method} nicht gelang: es wird wieder versucht. Bleibt es so: Rechte des Benutzers und die Namen unter "
    "[shops.{shop}.settings] methods und fields prüfen.",
    "actindo says that {method} did not succeed: it is tried again. If it stays so: check the user's rights, and the names under "
    "[shops.{shop}.settings] methods and fields.",
)
BUSY = Text("actindo nimmt gerade nichts an: es wird wieder versucht.", "actindo takes nothing at the moment: it is tried again.")
REFUSED = Text(
    "actindo lehnt {method} ab (HTTP {status}): Methoden- und Feldnamen unter [shops.{shop}.settings] mit „Dev Tools > API“ vergleichen.",
    "actindo refuses {method} (HTTP {status}): compare the names of methods and fields under [shops.{shop}.settings] with "
    '"Dev Tools > API".',
)
NOT_LET_IN = Text(
    "actindo lässt {method} nicht zu (HTTP {status}): die Rechte des Benutzers prüfen, der den Zugang freigegeben hat.",
    "actindo does not permit {method} (HTTP {status}): check the rights of the user who permitted the access.",
)
NO_FIELD = Text(
    "Ein Beleg hat kein Feld „{path}“: [shops.{shop}.settings.fields] {name} berichtigen.",
    'A document has no field "{path}": correct [shops.{shop}.settings.fields] {name}.',
)
NOT_SORTED = Text(
    "actindo sortiert nicht nach „{path}“: [shops.{shop}.settings.fields] created berichtigen; so ginge ein Beleg verloren.",
    'actindo does not sort by "{path}": correct [shops.{shop}.settings.fields] created; a document would be lost.',
)
NOT_OURS = Text("Die Anfrage kommt nicht vom Shop: push_secret vergleichen.", "The request is not the shop's: compare push_secret.")
NO_IDS = Text(
    'Erwartet wird JSON mit Beleg-Ids: {"id": 4711} oder {"ids": [4711, 4712]}.',
    'JSON with ids of documents is expected: {"id": 4711} or {"ids": [4711, 4712]}.',
)
