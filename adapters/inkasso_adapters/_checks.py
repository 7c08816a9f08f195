"""What is checked when an account is opened whose requests are set: that each can be made, says all it must, and is read for what it says.

What would do nothing, or could never work, is told at the start, and not by the first claim.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from inkasso_adapters._calls import ASKED, INSTRUCTIONS, OF_A_CASE, AnswerPaths, Call, ConfiguredSettings, sources
from inkasso_adapters._record import EVERY, check_map, check_paths, check_targets, every_path
from inkasso_core import ConfigurationError, Text

_AMOUNTS = frozenset({"claims", "claims.*", "claims.*.principal", "claims.*.principal_open", "claims.*.total_open"})
"""Sources that tell the amount of each claim of a case."""
_MODES: Mapping[str, str] = {"poll": "fetch_status", "feed": "fetch_feed"}
"""``status_mode`` -> the operation that it needs."""


def check_calls(
    settings: ConfiguredSettings, calls: Mapping[str, Call], of_us: frozenset[str], *, credentials: Collection[str] = ()
) -> None:
    """Raise ``ConfigurationError`` for what no request can be made of, for what is missing, and for what would do nothing.

    ``of_us`` are the sources that our record has besides the placement, ``credentials`` the paths of those that stand in a request.
    """
    if "submit" not in calls:
        raise ConfigurationError(_NO_SUBMIT, field="operations.submit")
    for operation, call in calls.items():
        check_map(call.fields, setting=f"operations.{operation}.fields", known=sources(operation, of_us))
        _check_body(operation, call, of_us, credentials)
        _check_asked(operation, call)
        _check_answer(operation, call.answer)
    check_paths(settings.required, setting="required", known=every_path() | of_us)
    known = frozenset().union(*(sources(operation, of_us) for operation in calls))
    check_paths(settings.codes, setting="codes", known=known)
    if settings.codes and not any(call.fields for call in calls.values()):
        raise ConfigurationError(_NO_CODES, field="codes")
    needed = _MODES.get(settings.status_mode or "")
    if needed is not None and needed not in calls:
        raise ConfigurationError(_NO_MODE.fill(mode=settings.status_mode, operation=needed), field="status_mode")
    submit = calls["submit"]
    if settings.batch_size > 1 and None in (submit.list_at, submit.answer.items, submit.answer.our_reference):
        raise ConfigurationError(_NO_BATCH, field="batch_size")
    if settings.claims_per_placement > 1 and submit.fields and not _AMOUNTS & set(submit.fields.values()):
        raise ConfigurationError(_NO_AMOUNTS, field="claims_per_placement")


def _check_body(operation: str, call: Call, of_us: frozenset[str], credentials: Collection[str]) -> None:
    """What always stands in a request stands beside what is mapped into it: in its place it would replace it, or could not be put there."""
    setting = f"operations.{operation}.constants"
    for path in call.constants:
        if any(part == EVERY or part.isdecimal() for part in path.split(".")):
            raise ConfigurationError(_NO_CONSTANT.fill(setting=setting, target=path), field=f"{setting}.{path}")
    ours = call.fields or {path.partition(".")[0] for path in sources(operation, of_us)}
    mapped_at = ours if call.list_at is None else (call.list_at,)
    check_targets((*mapped_at, *call.constants, *credentials), setting=setting)


def _check_asked(operation: str, call: Call) -> None:
    """What is asked or told of a case must name it: else an answer is about any case, or about none."""
    named = OF_A_CASE if operation in INSTRUCTIONS else ASKED.get(operation, frozenset()) - {"cursor"}
    said = set(call.fields.values()) or named
    if named and not any(name in said or f"{{{name}}}" in getattr(call, "path", "") for name in named):
        raise ConfigurationError(_NO_CASE.fill(operation=operation, names=", ".join(sorted(named))), field=f"operations.{operation}.fields")


def _check_answer(operation: str, answer: AnswerPaths) -> None:
    at = f"operations.{operation}.answer"
    values = (*answer.accepted, *answer.rejected, *answer.undecided)
    if (answer.result is not None and not answer.accepted) or (answer.result is None and values):
        raise ConfigurationError(_NO_YES.fill(operation=operation), field=f"{at}.accepted")
    if len(values) != len(set(values)):
        raise ConfigurationError(_TWO_MEANINGS.fill(operation=operation), field=f"{at}.result")
    if operation == "find" and answer.agency_reference is None:
        raise ConfigurationError(_NO_NUMBER, field=f"{at}.agency_reference")


_NO_SUBMIT = Text(
    "operations.submit fehlt: wie eine Forderung gesendet wird. Die Agentur teilt es mit.",
    "operations.submit is missing: how a claim is sent. The agency tells it.",
)
_NO_YES = Text(
    "operations.{operation}.answer: result gehört zu accepted: welche Werte ja bedeuten. Eins allein geht nicht.",
    "operations.{operation}.answer: result goes with accepted: which values mean yes. One alone cannot be.",
)
_TWO_MEANINGS = Text(
    "operations.{operation}.answer: ein Wert steht zweimal in accepted, rejected und undecided.",
    "operations.{operation}.answer: a value stands twice in accepted, rejected and undecided.",
)
_NO_NUMBER = Text(
    "operations.find.answer: agency_reference fehlt: ohne Aktenzeichen in der Antwort wird kein Fall gefunden.",
    "operations.find.answer: agency_reference is missing: without the case number in the answer no case is found.",
)
_NO_CASE = Text(
    "operations.{operation}: weder fields noch path nennen den Fall ({names}).",
    "operations.{operation}: neither fields nor path name the case ({names}).",
)
_NO_CONSTANT = Text(
    "{setting}: {target} darf keine Zahl und kein * enthalten.",
    "{setting}: {target} must hold no number and no *.",
)
_NO_CODES = Text(
    "codes wirkt nur auf das, was fields abbildet: keine Anfrage hat fields.",
    "codes works on what fields map only: no request has fields.",
)
_NO_MODE = Text(
    "status_mode {mode} braucht operations.{operation}.",
    "status_mode {mode} needs operations.{operation}.",
)
_NO_BATCH = Text(
    "batch_size über 1 braucht operations.submit.list_at, .answer.items und .answer.our_reference.",
    "batch_size above 1 needs operations.submit.list_at, .answer.items and .answer.our_reference.",
)
_NO_AMOUNTS = Text(
    "claims_per_placement über 1: operations.submit.fields muss den Betrag jeder Forderung nennen, zum Beispiel claims.*.principal_open.",
    "claims_per_placement above 1: operations.submit.fields must name the amount of every claim, for example claims.*.principal_open.",
)
