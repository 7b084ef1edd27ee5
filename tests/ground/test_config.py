"""The settings: each wrong variable stops the start with its name."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ground.conftest import ROOT
from volunteer_svc.config import Config, ConfigError, environment, load
from volunteer_svc.identity import sign_on


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("VOLUNTEER_PORT", "abc", "VOLUNTEER_PORT is 'abc' and not a whole number"),
        ("VOLUNTEER_PORT", "8080.5", "VOLUNTEER_PORT is '8080.5' and not a whole number"),
        ("VOLUNTEER_PORT", "0", "VOLUNTEER_PORT is at least 1"),
        ("VOLUNTEER_PORT", "65536", "VOLUNTEER_PORT is at most 65535"),
        ("VOLUNTEER_POOL_WAIT_SECONDS", "x", "VOLUNTEER_POOL_WAIT_SECONDS is 'x' and not a number"),
        ("VOLUNTEER_POOL_WAIT_SECONDS", "nan", "VOLUNTEER_POOL_WAIT_SECONDS is at least 0.1"),
        ("VOLUNTEER_POOL_SIZE", "0", "VOLUNTEER_POOL_SIZE is at least 1"),
        ("VOLUNTEER_LOG_FORMAT", "xml", "VOLUNTEER_LOG_FORMAT is 'json' or 'text'"),
        (
            "VOLUNTEER_TRUSTED_PROXIES",
            "10.0.0.0/8, 1",
            "VOLUNTEER_TRUSTED_PROXIES: '1' is not a network such as 10.0.0.0/8",
        ),
        (
            "VOLUNTEER_TRUSTED_PROXIES",
            "10.0.0.1/8",
            "VOLUNTEER_TRUSTED_PROXIES: '10.0.0.1/8' is not a network such as 10.0.0.0/8",
        ),
        (
            "VOLUNTEER_PROXY_HEADER",
            "x-real-ip",
            "VOLUNTEER_PROXY_HEADER is 'x-forwarded-for' or 'forwarded'",
        ),
        (
            "VOLUNTEER_ALLOWED_HOSTS",
            "a.org:80",
            "VOLUNTEER_ALLOWED_HOSTS: 'a.org:80' is not a host in lower case, without a port",
        ),
        (
            "VOLUNTEER_CORS_ORIGINS",
            "*",
            "VOLUNTEER_CORS_ORIGINS: '*' is not an origin such as https://example.org",
        ),
        (
            "VOLUNTEER_CORS_ORIGINS",
            "https://a.org/",
            "VOLUNTEER_CORS_ORIGINS: 'https://a.org/' is not an origin such as https://example.org",
        ),
        (
            "VOLUNTEER_SSO_ISSUER",
            "http://issuer.example",
            "VOLUNTEER_SSO_ISSUER is https://host or https://host/path",
        ),
        (
            "VOLUNTEER_SSO_ISSUER",
            "https://issuer.example?x",
            "VOLUNTEER_SSO_ISSUER is https://host or https://host/path",
        ),
        (
            "VOLUNTEER_SSO_ISSUER",
            "https://issuer.example",
            (
                "VOLUNTEER_SSO_ISSUER needs VOLUNTEER_SSO_CLIENT_ID (people)"
                " or VOLUNTEER_SSO_AUDIENCE (other services), or both"
            ),
        ),
        (
            "VOLUNTEER_SSO_ROLES",
            "platform-head=chief",
            (
                "VOLUNTEER_SSO_ROLES: 'platform-head=chief' is not"
                " of the form platform-head=station_head"
            ),
        ),
        ("VOLUNTEER_EVENT_DAYS", "34", "VOLUNTEER_EVENT_DAYS is at least 35"),
        ("VOLUNTEER_HSTS_SECONDS", "-1", "VOLUNTEER_HSTS_SECONDS is at least 0"),
        (
            "VOLUNTEER_CLOCK_START",
            "soon",
            "VOLUNTEER_CLOCK_START is 'soon' and not an instant such as 2026-11-22T12:00:00+08:00",
        ),
        (
            "VOLUNTEER_CLOCK_START",
            "2026-11-22T12:00:00",
            "VOLUNTEER_CLOCK_START carries an offset: 2026-11-22T12:00:00+08:00",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_it_may_be(name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load({name: value})
    assert str(refused.value) == message


def test_an_unknown_variable_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"unknown variable VOLUNTEER_PROT; .*VOLUNTEER_PORT"):
        load({"VOLUNTEER_PROT": "8080", "PATH": "/bin"})


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load({"VOLUNTEER_PORT": ""}) == Config()


def test_the_key_ring_is_in_the_data_folder_unless_named() -> None:
    moved = load({"VOLUNTEER_DATA_DIR": "/srv/x"})
    assert moved.key_file == Path("/srv/x/keys.json")
    assert moved.signing_key_file == Path("/srv/x/signing-key.pem")
    both = {"VOLUNTEER_DATA_DIR": "/srv/x", "VOLUNTEER_KEY_FILE": "/run/keys"}
    assert load(both).key_file == Path("/run/keys")


def test_a_command_may_have_its_own_default() -> None:
    assert load({}, defaults={"log_format": "text"}).log_format == "text"
    given = {"VOLUNTEER_LOG_FORMAT": "json"}
    assert load(given, defaults={"log_format": "text"}).log_format == "json"


def test_a_child_process_loads_the_same_settings() -> None:
    config = Config(
        database_url="postgresql://x",
        data_dir=Path("/srv/x"),
        pool_wait_seconds=1.5,
        clock_start=datetime(2026, 11, 22, tzinfo=UTC),
        trusted_proxies=("10.0.0.0/8", "::1"),
        allowed_hosts=("a.org", "[::1]"),
    )
    assert load(environment(config)) == config


def test_a_wrong_setting_ends_a_command_with_one_line_and_code_2() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "volunteer_svc", "serve"],
        cwd=ROOT,
        env={"VOLUNTEER_PORT": "abc"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr == "volunteer-svc: VOLUNTEER_PORT is 'abc' and not a whole number\n"


PEOPLE = {
    "VOLUNTEER_SSO_ISSUER": "https://issuer.example",
    "VOLUNTEER_SSO_CLIENT_ID": "volunteers",
    "VOLUNTEER_SSO_ORIGIN": "https://volunteers.example",
    "VOLUNTEER_SSO_ROLES": "platform-head=station_head,platform-county=county",
}


def test_single_sign_on_is_whole_or_off():
    assert load(PEOPLE).sso_roles == ("platform-head=station_head", "platform-county=county")
    wrong = {
        "VOLUNTEER_SSO_ORIGIN": ("", "http://volunteers.example", "https://volunteers.example/x"),
        "VOLUNTEER_SSO_ROLES": ("",),
        "VOLUNTEER_SSO_AUDIENCE": ("volunteers",),
        "VOLUNTEER_SSO_SCOPES": ("profile",),
    }
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ConfigError, match=name):
                load(PEOPLE | {name: value})


def test_the_clients_secret_may_stand_in_a_file(tmp_path):
    path = tmp_path / "secret"
    settings = PEOPLE | {"VOLUNTEER_SSO_CLIENT_SECRET_FILE": str(path)}
    with pytest.raises(ConfigError, match="VOLUNTEER_SSO_CLIENT_SECRET_FILE cannot be read"):
        sign_on.load(load(settings))
    path.write_text("secret\n")
    sign_on.load(load(settings))
    assert sign_on.issuer()._secret == "secret"
    with pytest.raises(ConfigError, match="not both"):
        load(settings | {"VOLUNTEER_SSO_CLIENT_SECRET": "x"})
