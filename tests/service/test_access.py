"""Who may: keys, rates, proxies, other origins, and the headers that browsers mind."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from service import access, create_app
from service.limits import Limits

READ, BOTH, METRICS = "bck_read", "bck_both", "bck_metrics"
RESULT = "/v1/costs"


def line(name: str, scopes: str, key: str) -> str:
    return f"{name} {scopes} {hashlib.sha256(key.encode()).hexdigest()}"


KEYS = ";".join(
    [line("ann", "read", READ), line("bob", "read,heavy", BOTH), line("probe", "metrics", METRICS)]
)


def client_of(**config: Any) -> FlaskClient:
    return create_app(config).test_client()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def kind(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["type"].removeprefix("/problems#")


def test_without_keys_everybody_may(client: FlaskClient) -> None:
    """No key is asked for unless there are keys."""
    assert client.get(RESULT).status_code == 200
    assert client.application.extensions["keys"] == ()


@pytest.mark.parametrize(
    "headers",
    [{}, bearer("bck_none"), bearer(""), {"Authorization": READ}, {"X-API-Key": "é" * 3},
     {"Authorization": "Basic " + READ}],
)  # fmt: skip
def test_no_key_or_an_unknown_one(headers: dict[str, str]) -> None:
    """401 with what to send, and the scheme in WWW-Authenticate."""
    answer = client_of(KEYS=KEYS).get(RESULT, headers=headers)
    assert kind(answer) == (401, "no-key")
    assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")
    assert "Authorization: Bearer <key>" in answer.json["detail"]


@pytest.mark.parametrize(
    "headers", [bearer(READ), {"X-API-Key": BOTH}, {"Authorization": f"bearer {BOTH}"}]
)
def test_a_known_key(headers: dict[str, str]) -> None:
    """A key opens the API in either header."""
    assert client_of(KEYS=KEYS).get(RESULT, headers=headers).status_code == 200


def test_scopes(network: Any) -> None:
    """403 where the key does not open it: heavy work, metrics, or the rest for a probe."""
    client = client_of(KEYS=KEYS, LIMITS=Limits(light_operations_max=0))
    heavy = {"path": "/v1/gradients", "method": "POST", "json": network}
    assert kind(client.open(headers=bearer(READ), **heavy)) == (403, "not-allowed")
    assert client.open(headers=bearer(BOTH), **heavy).status_code == 200
    assert client.get("/metrics", headers=bearer(METRICS)).status_code == 200
    assert kind(client.get("/metrics", headers=bearer(BOTH))) == (403, "not-allowed")
    assert kind(client.get(RESULT, headers=bearer(METRICS))) == (403, "not-allowed")
    assert kind(client.get("/metrics")) == (401, "no-key")


@pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/docs", "/openapi.json", "/problems"])
def test_pages_and_health_need_no_key(path: str) -> None:
    """Whoever has no key still sees what there is, examples included, and whether it lives."""
    answer = client_of(KEYS=KEYS).get(path, buffered=True)
    assert answer.status_code == 200
    if path == "/openapi.json":
        assert "no-key" not in answer.text
        assert answer.json["security"] == [{"key": []}]


def test_keys_in_a_file_and_rotation(tmp_path: Path) -> None:
    """A file holds several keys of one name, comments and blank lines; both keys work."""
    path = tmp_path / "keys"
    path.write_text(f"# keys\n\n{line('ann', 'read', READ)}\n{line('ann', 'read,heavy', BOTH)}\n")
    client = client_of(KEYS_FILE=str(path))
    assert [client.get(RESULT, headers=bearer(k)).status_code for k in (READ, BOTH)] == [200, 200]
    assert READ not in path.read_text()


@pytest.mark.parametrize(
    "text", ["ann read", "ann all " + "0" * 64, "ann read xyz", "ann read " + "0" * 63]
)
def test_wrong_lines_are_named(text: str) -> None:
    """A line that is no key stops the start, and is not shown: it may be a key by mistake."""
    with pytest.raises(ValueError, match="BACKCHECK_KEYS, line 2") as raised:
        create_app({"KEYS": f"{line('ann', 'read', READ)};{text}"})
    assert text not in str(raised.value)


def test_every_key_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it takes does not tell which key was nearly right."""
    keys = tuple(access.read_keys(KEYS.split(";"), "here"))
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr(access.hmac, "compare_digest", compare)
    assert access.holder(keys, READ) == keys[0]
    assert compared == [key.digest for key in keys]


def test_a_new_key(capsys: pytest.CaptureFixture[str]) -> None:
    """The command makes a key whose line the service takes, and never the same key twice."""
    access.main(["ann", "--scopes", "read"])
    access.main(["ann", "--scopes", "read"])
    out, err = capsys.readouterr()
    first, second = out.split()
    assert first != second
    lines = [text for text in err.splitlines() if text.startswith("ann ")]
    client = client_of(KEYS=lines[0])
    assert client.get(RESULT, headers=bearer(first)).status_code == 200
    assert client.get(RESULT, headers=bearer(second)).status_code == 401


def test_a_rate() -> None:
    """429 with Retry-After beyond the rate, for the API only, and each address for itself."""
    client = client_of(RATE="2/minute")
    answers = [client.get(RESULT) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert kind(answers[2]) == (429, "too-often")
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert client.get("/livez").status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get(RESULT, environ_overrides=other).status_code == 200


def test_a_rate_counts_keys_where_there_are_some() -> None:
    """One address with two keys has the rate twice; one key from two addresses has it once."""
    client = client_of(RATE="1/minute", KEYS=KEYS)
    assert client.get(RESULT, headers=bearer(READ)).status_code == 200
    assert client.get(RESULT, headers=bearer(BOTH)).status_code == 200
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get(RESULT, headers=bearer(READ), environ_overrides=other).status_code == 429


def test_a_rate_counts_networks_of_ipv6() -> None:
    """Whoever has a /64 cannot have 2⁶⁴ rates."""
    client = client_of(RATE="1/minute")
    found = [
        client.get(RESULT, environ_overrides={"REMOTE_ADDR": address}).status_code
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    ]
    assert found == [200, 429, 200]


def test_a_rate_of_heavy_work(network: Any) -> None:
    """Heavy requests have a rate of their own."""
    client = client_of(RATE_HEAVY="1/minute", LIMITS=Limits(light_operations_max=0))
    answers = [client.post("/v1/gradients", json=network) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 429]
    assert 0 < int(answers[1].headers["Retry-After"]) <= 60
    assert client.get(RESULT).status_code == 200


@pytest.mark.parametrize(("fails", "status"), [("open", 200), ("closed", 503)])
def test_a_storage_that_is_away(fails: str, status: int, network: Any) -> None:
    """Open lets requests through, closed is 503 with Retry-After; neither is a 500."""
    config = {"RATE_STORAGE": "redis://127.0.0.1:1", "RATE_FAILS": fails}
    client = client_of(RATE="1000/minute", **config)
    answer = client.get(RESULT)
    assert answer.status_code == status
    heavy = client_of(RATE_HEAVY="1000/minute", LIMITS=Limits(light_operations_max=0), **config)
    answer = heavy.post("/v1/gradients", json=network)
    assert answer.status_code == status
    assert status == 200 or int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("proxies", "second"), [(0, 429), (1, 200), (2, 429)], ids=["none", "one", "too-many"]
)
def test_addresses_behind_proxies(proxies: int, second: int) -> None:
    """X-Forwarded-For counts as many hops as there are proxies, and what a caller adds does not.

    Behind one proxy, which appends, the caller's own entries come first and are ignored; a service
    that believes in two would take the caller's word, which here is the same twice.
    """
    client = client_of(RATE="1/minute", PROXIES=proxies)
    found = [
        client.get(RESULT, headers={"X-Forwarded-For": f"203.0.113.1, {address}"}).status_code
        for address in ("198.51.100.1", "198.51.100.2")
    ]
    assert found == [200, second]


ORIGIN = "https://course.example"


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [((), ORIGIN, None), ((ORIGIN,), ORIGIN, ORIGIN), ((ORIGIN,), "https://evil.example", None),
     (("*",), "https://evil.example", "*"), ((ORIGIN,), None, None)],
)  # fmt: skip
def test_other_origins(origins: Any, origin: str | None, allowed: str | None) -> None:
    """Only an origin of the setting is let in, and cookies never are."""
    client = client_of(CORS_ORIGINS=origins)
    headers = {} if origin is None else {"Origin": origin}
    answer = client.get(RESULT, headers=headers)
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert ("Origin" in answer.headers.get("Vary", "")) == (origins == (ORIGIN,))


def test_preflights() -> None:
    """A browser that asks first hears what it may send, without a key; errors can be read too."""
    client = client_of(CORS_ORIGINS=(ORIGIN,), KEYS=KEYS)
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = client.options("/v1/gradients", headers=asked)
    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    for name in ("Authorization", "Idempotency-Key", "Prefer"):
        assert name in answer.headers["Access-Control-Allow-Headers"]
    refused = client.get(RESULT, headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Location" in refused.headers["Access-Control-Expose-Headers"]


def test_security_headers(client: FlaskClient) -> None:
    """Every answer tells browsers to keep to this origin; HTTPS only where the setting says so."""
    for path in ("/", RESULT, "/nowhere", "/static/icon.svg"):
        headers = client.get(path, buffered=True).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "Strict-Transport-Security" not in headers
        assert len(headers.getlist("Content-Security-Policy")) == 1
    strict = client_of(HSTS_SECONDS=31536000).get(RESULT).headers
    assert strict["Strict-Transport-Security"].startswith("max-age=31536000")
