"""A WSGI application, such as the intake, as a view inside Django.

from django.urls import path
from inkasso_shop_plugins.django.mount import mounted

urlpatterns = [path("inkasso/<path:path>", mounted(application))]
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def mounted(application: Application | Callable[[], Application], *, lazily: bool = False) -> Callable[..., HttpResponse]:
    """Return a view that passes requests on; the pattern's ``path`` is what the application sees as its path.

    ``lazily`` says that ``application`` makes the application, when the first request comes. The view is exempt from Django's CSRF check:
    the application checks signatures or tokens of its own.
    """
    made: list[Application] = []

    def made_once() -> Application:
        if not made:
            made.append(application() if lazily else application)  # type: ignore[call-arg, arg-type]
        return made[0]

    @csrf_exempt
    def view(request: HttpRequest, path: str = "") -> HttpResponse:
        return _passed_on(made_once(), request, path)

    return view


def _passed_on(application: Application, request: HttpRequest, path: str) -> HttpResponse:
    """Run the application for one request. Its body is read as it comes: the application's own limit counts."""
    environ = dict(request.META)
    whole, inner = request.path_info, f"/{path}"
    environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + (whole[: -len(inner)] if whole.endswith(inner) else whole)
    environ["PATH_INFO"] = inner.encode().decode("latin-1")
    environ["wsgi.input"] = request  # it reads like a file, and no further than this request goes
    environ.setdefault("wsgi.url_scheme", request.scheme)
    answer: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
        answer[:] = [status, headers, io.BytesIO()]
        write: Callable[[bytes], object] = answer[2].write
        return write

    parts = application(environ, start_response)
    try:
        rest = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers, written = answer
    response = HttpResponse(written.getvalue() + rest, status=int(status.partition(" ")[0]))
    del response["Content-Type"]
    for name, value in headers:
        if name.lower() == "set-cookie":
            response.cookies.load(value)
        else:
            response[name] = value
    return response
