"""Who may speak to the review server: this machine, through the page that it gave out itself."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_MAX_BODY_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses what does not come from the page itself, and seals what goes out.

    A request must name this server as ``Host`` (a foreign name that resolves to this machine is a
    DNS rebinding attack), must hold the token in its path, must not come from another origin, and
    may only write with an ``Origin`` that is this server's.

    Parameters
    ----------
    app
        What is guarded; sees paths without the token.
    token
        First part of every path.
    hosts
        Values of ``Host`` that are accepted.
    """

    app: ASGIApp
    token: str
    hosts: frozenset[str]

    @classmethod
    def of(cls, app: ASGIApp, token: str, port: int) -> Guard:
        return cls(app, token, frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, sealed)
            return
        root = f"/{self.token}"
        await self.app(dict(scope, root_path=root), receive, sealed)

    def _refusal(self, scope: MutableMapping[str, Any]) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if headers.get("host", "").lower() not in self.hosts:
            return PlainTextResponse("This server answers to its own name only.\n", 421)
        if not self._has_token(scope["path"]):
            return PlainTextResponse("Open the address that denag review printed, token and all.\n", 403)
        origin = headers.get("origin")
        own = {f"http://{host}" for host in self.hosts}
        if (origin is not None and origin.lower() not in own) or (origin is None and scope["method"] == "POST"):
            return PlainTextResponse("Requests of other pages are refused.\n", 403)
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return PlainTextResponse("Requests of other pages are refused.\n", 403)
        return self._body_refusal(headers) if scope["method"] == "POST" else None

    def _has_token(self, path: str) -> bool:
        return secrets.compare_digest(
            path.removeprefix("/").partition("/")[0].encode("utf-8", "replace"), self.token.encode()
        )

    def _body_refusal(self, headers: Headers) -> PlainTextResponse | None:
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return PlainTextResponse("Expected application/json.\n", 415)
        length = headers.get("content-length", "")
        if not _is_size(length):
            return PlainTextResponse("Expected a Content-Length.\n", 411)
        if int(length) > _MAX_BODY_BYTES:
            return PlainTextResponse(f"Expected at most {_MAX_BODY_BYTES} bytes.\n", 413)
        return None


def _is_size(length: str) -> bool:
    return length.isascii() and length.isdigit() and len(length) < 16


def new_token() -> str:
    """A token that nobody guesses: 192 random bits."""
    return secrets.token_urlsafe(24)
