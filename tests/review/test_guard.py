"""What the review server refuses, and the headers that every answer carries."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from classifier.errors import ConfigError
from classifier.review import _listen
from classifier.review.guard import new_token

JSON = {"content-type": "application/json"}
PATHS = ("", "documents", "static/review.js")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8123", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8123.evil.example", ""]
)
def test_foreign_hosts_are_refused(server: Any, path: str, host: str) -> None:
    answer = server.client.get(path, headers={"host": host})
    assert answer.status_code == 421
    assert "denag" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "localhost:8123", "LOCALHOST:8123", "[::1]:8123"])
def test_own_hosts_are_served(server: Any, host: str) -> None:
    assert server.client.get("", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "start", ["/", "/documents", "/A-TOKEN/", "/a-toke/", "/a-token1/", "//a-token/", "/x/a-token/", "/é/", "/%00/"]
)
def test_without_the_token_nothing_is_told(server: Any, start: str) -> None:
    answer = server.client.get(f"http://127.0.0.1:8123{start}")
    assert answer.status_code == 403
    assert "a-token" not in answer.text


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://127.0.0.1:8123",
        "http://127.0.0.1:8124",
        "http://127.0.0.1:8123.evil.example",
    ],
)
@pytest.mark.parametrize("path", PATHS)
def test_foreign_origins_are_refused(server: Any, path: str, origin: str) -> None:
    assert server.client.get(path, headers={"origin": origin}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_that_other_sites_caused_are_refused(server: Any, site: str) -> None:
    assert server.client.get("", headers={"sec-fetch-site": site}).status_code == 403
    assert server.client.get("", headers={"sec-fetch-site": "none"}).status_code == 200


def test_writing_needs_an_origin_and_json(server: Any) -> None:
    key = server.key("7")
    path, body = f"documents/{key}/labels", b'{"changes": [[0, 0, 1, null]]}'
    for headers, code in (
        ({**JSON, "origin": "http://evil.example"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({**JSON, "content-length": str(1 << 30)}, 413),
    ):
        assert server.client.post(path, content=body, headers=headers).status_code == code
    without = server.client.build_request("POST", path, content=body, headers=JSON)
    del without.headers["origin"]
    assert server.client.send(without).status_code == 403
    assert server.client.get(path).status_code == 405
    assert server.given(key) == []
    assert server.client.post(path, content=body, headers=JSON).status_code == 200


def test_headers_of_every_answer(server: Any) -> None:
    answers = [server.client.get(path) for path in (*PATHS, "nothing")]
    answers.append(server.client.get("", headers={"host": "evil.example"}))
    answers.append(server.client.get("http://127.0.0.1:8123/"))
    for answer in answers:
        directives = dict(
            part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";")
        )
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
        assert directives["base-uri"] == directives["form-action"] == directives["frame-ancestors"] == "'none'"
        assert directives["require-trusted-types-for"] == "'script'"
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_tokens_differ() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 32


def test_listens_on_loopback_alone() -> None:
    with _listen(0) as listening:
        address, port = listening.getsockname()
        assert address == "127.0.0.1"
        assert listening.family is socket.AF_INET
        with pytest.raises(ConfigError, match=rf"port {port}: .*expected a free one"):
            _listen(port)
