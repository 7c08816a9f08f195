"""The OpenAPI document of the intake (3.1), made from the models that read and the table that answers; it names no shop and no client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inkasso_core._version import __version__
from inkasso_core.lifecycle import State
from inkasso_core.model.events import ShopEventKind
from inkasso_core.model.schema import claim_schema

OUTCOMES = ("registered", "revised", "repeated", "older", "ignored", "failed", "refused")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_CODES: Mapping[str, str] = {
    "400": "The body cannot be read.",
    "401": "The signature or token is missing, wrong or too old.",
    "403": "The client may report for none of the shops named.",
    "404": "Nothing is taken at this address.",
    "405": "The address does not take this method.",
    "411": "The length of the body is not given.",
    "413": "The body is longer than is allowed.",
    "415": "The body is neither JSON nor NDJSON in UTF-8.",
    "422": "None of the events was taken; the first problem, and the result of each.",
    "500": "The trouble is on our side: send the same request again later.",
    "503": "This cannot be done now: send the same request again later.",
}


def document(max_events: int, *, server: str = "/") -> dict[str, Any]:
    """Return the document of an intake that takes so many events at once, mounted under ``server``."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": _DIALECT,
        "info": {
            "title": "inkasso intake",
            "version": __version__,
            "summary": "What shops, agencies and other programs report.",
            "description": "What is answered with 2xx is stored. Send again what was not answered, or answered with 5xx: the same report "
            "twice is the same claim.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server}],
        "paths": {
            "/v1/events": {"post": _events(max_events)},
            "/v1/shops/{shop}": {method: _shop(method) for method in ("get", "post", "put")},
            "/v1/shops/{shop}/{path}": {method: _shop(method, "path") for method in ("get", "post", "put")},
            "/v1/agencies/{account}": {"post": _agency()},
            "/v1/health": {"get": _health()},
            "/openapi.json": {"get": _openapi()},
        },
        "components": {"schemas": _schemas(max_events), "responses": _responses(), "securitySchemes": _SECURITY},
    }


# Routes


def _events(max_events: int) -> dict[str, Any]:
    many = {"type": "array", "minItems": 1, "maxItems": max_events, "items": _schema("Event")}
    return {
        "operationId": "postEvents",
        "summary": "Report what happened to orders.",
        "description": "One event, or a list. Those of one shop are stored in one commit, in their order. What can be taken is taken, also "
        "where another event of the request is refused.",
        "security": [{"signature": [], "client": [], "timestamp": []}, {"token": []}],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"oneOf": [_schema("Event"), many]}},
                "application/x-ndjson": {"schema": {"description": "One event a line.", **many}},
            },
        },
        "responses": {
            "200": _answer("All events were taken.", "Results"),
            "207": _answer("Some of the events were taken.", "Results"),
            **_refusals("400", "401", "403", "405", "411", "413", "415", "422", "500", "503"),
        },
    }


def _shop(method: str, *rest: str) -> dict[str, Any]:
    operation = {
        "operationId": f"{method}Shop{'Path' if rest else ''}",
        "summary": "What a shop sends by itself: its plugin says how it is signed, and answers.",
        "security": [],
        "parameters": [_parameter(name, _PARAMETERS[name]) for name in ("shop", *rest)],
        "responses": {
            "200": {"description": "Stored; the answer is the plugin's.", "content": {"*/*": {}}},
            **_refusals("400", "401", "404", "405", "411", "413", "500", "503"),
        },
    }
    body = {"description": "As the shop sends it.", "content": {"*/*": {}}}
    return operation if method == "get" else {**operation, "requestBody": body}


def _agency() -> dict[str, Any]:
    return {
        "operationId": "postAgency",
        "summary": "A webhook of an agency: its adapter checks the signature.",
        "security": [],
        "parameters": [_parameter("account", _PARAMETERS["account"])],
        "requestBody": {"description": "As the agency sends it.", "content": {"*/*": {}}},
        "responses": {
            "200": _answer("Stored.", "Received"),
            **_refusals("400", "401", "404", "405", "411", "413", "500", "503"),
        },
    }


def _health() -> dict[str, Any]:
    return {
        "operationId": "getHealth",
        "summary": "Whether reports can be stored.",
        "security": [],
        "responses": {"200": _answer("They can.", "Health"), **_refusals("400", "405", "500", "503")},
    }


def _openapi() -> dict[str, Any]:
    return {
        "operationId": "getOpenapi",
        "summary": "This document.",
        "security": [],
        "responses": {
            "200": {"description": "It.", "content": {"application/json": {"schema": {"type": "object"}}}},
            **_refusals("400", "405", "500"),
        },
    }


def _answer(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _schema(schema)}}}


def _refusals(*codes: str) -> dict[str, Any]:
    return {code: {"$ref": f"#/components/responses/{code}"} for code in codes}


def _responses() -> dict[str, Any]:
    return {code: _refusal(code, description) for code, description in _CODES.items()}


def _refusal(code: str, description: str) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description, "content": {"application/problem+json": {"schema": _schema("Problem")}}}
    headers = {name: {"schema": {"type": "string"}, "required": True} for name in _HEADERS.get(code, ())}
    return {**response, "headers": headers} if headers else response


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string", "minLength": 1}}


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


_HEADERS: Mapping[str, tuple[str, ...]] = {"401": ("WWW-Authenticate",), "405": ("Allow",), "503": ("Retry-After",)}
_PARAMETERS = {
    "shop": "The shop's name in the settings, `[shops.NAME]`.",
    "path": "What the shop's plugin says comes behind it; it may hold slashes.",
    "account": "The account's name in the settings, `[accounts.NAME]`.",
}
_SECURITY = {
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Inkasso-Signature",
        "description": "HMAC-SHA256 of the value of Inkasso-Timestamp, a full stop and the body as it is sent, under the client's secret, "
        "in hexadecimal digits.",
    },
    "client": {"type": "apiKey", "in": "header", "name": "Inkasso-Client", "description": "The client's name in the settings."},
    "timestamp": {
        "type": "apiKey",
        "in": "header",
        "name": "Inkasso-Timestamp",
        "description": "When it was signed, in Unix seconds; no more than 300 seconds from now.",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "The client's token."},
}


# Documents


def _schemas(max_events: int) -> dict[str, Any]:
    claim = claim_schema()
    parts = {f"Claim{name}": _moved(schema) for name, schema in claim.pop("$defs").items()}
    own = {name: schema for name, schema in claim.items() if name not in ("$schema", "$id")}
    return {
        "Event": _EVENT,
        "Problem": _object(_PROBLEM, needed=("type", "title", "status", "code", "detail")),
        "Reason": _object(_REASON),
        "Result": _object(_RESULT),
        "Results": _object({**_COUNTS, "results": {**_LIST, "maxItems": max_events}}),
        "Received": _object({"received": {"type": "integer", "minimum": 0, "description": "How many of its entries are new."}}),
        "Health": _object({"status": {"const": "ok"}}),
        "Claim": _moved(own),
        **dict(sorted(parts.items())),
    }


def _moved(node: Any) -> Any:
    """Let references point to where the parts of a claim stand in this document."""
    if isinstance(node, Mapping):
        return {name: _there(value) if name == "$ref" else _moved(value) for name, value in node.items()}
    return [_moved(inner) for inner in node] if isinstance(node, list) else node


def _there(reference: str) -> str:
    return reference.replace("#/$defs/", "#/components/schemas/Claim")


def _object(properties: Mapping[str, Any], *, needed: tuple[str, ...] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties if needed is None else needed),
        "additionalProperties": False,
    }


def _maybe(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


_EVENT: dict[str, Any] = {
    "description": "Something happened to an order of a shop. It carries the whole order as it now is.",
    **_object(
        {
            "shop": {"type": "string", "minLength": 1, "maxLength": 200, "description": "The shop's name in the settings, `[shops.NAME]`."},
            "event": {
                "description": "What happened; left out, what one record of an exported file of this shop stands for.",
                "enum": [kind.value for kind in ShopEventKind] + [None],
            },
            "claim": {"description": "The order as a claim, for a shop whose plugin is `canonical`.", "$ref": "#/components/schemas/Claim"},
            "payload": {"description": "The shop's own record, for any other plugin.", "type": "object"},
            "reported_at": _maybe(
                "string", format="date-time", description="When this was so, where the record itself does not say: it tells which is newer."
            ),
        },
        needed=("shop",),
    ),
    "oneOf": [{"required": ["claim"]}, {"required": ["payload"]}],
}
_LIST = {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Result"}}
_COUNTS = {
    "taken": {"type": "integer", "minimum": 0, "description": "How many events are stored as what they are."},
    "refused": {"type": "integer", "minimum": 0, "description": "How many are not."},
}
_REASON: dict[str, Any] = {
    "code": {"type": "string", "description": "For programs."},
    "field": _maybe("string", description="The path of what is wrong, where it is one field."),
    "message": {"type": "string", "description": "For people, in German or English; never with the value that is refused."},
}
_CODE_LIST = {"type": "array", "items": {"type": "string"}}
_RESULT: dict[str, Any] = {
    "index": {"type": "integer", "minimum": 0, "description": "Which event of the request, from 0."},
    "outcome": {
        "enum": list(OUTCOMES),
        "description": "`repeated` and `older` change nothing; `ignored` is no case for collection; `failed` is stored with the reason, "
        "and can be replayed; `refused` is not stored.",
    },
    "ref": _maybe("string", description="The claim's name here, `SHOP:KEY`."),
    "state": {"enum": [state.value for state in State] + [None], "description": "The claim's state."},
    "red": {**_CODE_LIST, "description": "The conditions that keep it from going, where it was diagnosed now."},
    "warnings": {**_CODE_LIST, "description": "The conditions that warn."},
    "expected_on": _maybe("string", format="date", description="When time alone is expected to make it ready."),
    "problem": {"anyOf": [{"$ref": "#/components/schemas/Reason"}, {"type": "null"}]},
}
_PROBLEM: dict[str, Any] = {
    "type": {"const": "about:blank"},
    "title": {"type": "string"},
    "status": {"type": "integer"},
    "code": {"type": "string", "description": "For programs."},
    "detail": {"type": "string", "description": "For people, in German or English."},
    "field": {"type": "string", "description": "The path of what is wrong."},
    **_COUNTS,
    "results": _LIST,
}
