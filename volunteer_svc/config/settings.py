"""The settings of one process."""

from datetime import datetime
from pathlib import Path

import msgspec

from volunteer_svc.config import values
from volunteer_svc.domain.webhook_url import Rules, rules_of

PREFIX = "VOLUNTEER_"
_PLAIN = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of one process. Each is the environment variable VOLUNTEER_<NAME>.

    `database_url` and `redis_url` are read from DATABASE_URL and REDIS_URL.
    """

    database_url: str = ""
    redis_url: str = ""
    key_file: Path = Path("data/keys.json")
    """The key ring for secret fields (JSON, mode 0600); by default in `data_dir`."""
    keys: str = ""
    """The key ring itself (JSON) instead of a file, for deployments that have no files."""
    signing_key_file: Path = Path("data/signing-key.pem")
    """What signs the heads of ledger and trails (PEM, mode 0600); by default in `data_dir`."""
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    """Where people find the service: `https://volunteers.example.org`. It is printed on
    certificates and stands in badges, so it is not to change; empty: the address of `host`."""
    data_dir: Path = Path("data")
    """Where `run` keeps the embedded servers, the key ring and the first passwords."""
    pool_size: int = 10
    pool_wait_seconds: float = 5.0
    statement_timeout_seconds: int = 30
    body_max_bytes: int = 1_048_576
    workbook_max_bytes: int = 20_971_520
    photo_max_bytes: int = 10_485_760
    document_copies: bool = False
    """Whether copies of identity documents may be kept; sealed, like everything."""
    files_url: str = ""
    """Where files are kept: `s3://bucket/prefix`; empty: the folder `files` in `data_dir`."""
    files_endpoint: str = ""
    """Of an S3-compatible server: `https://host:port`."""
    files_region: str = "us-east-1"
    files_access_key: str = ""
    files_secret_key: str = ""
    registrations_per_minute: int = 10
    """Open self-registrations from one address."""
    sign_ins_per_minute: int = 20
    """Sign-in attempts from one address."""
    verifications_per_minute: int = 30
    """Certificates and badges looked up from one address by their codes."""
    uploads_per_minute: int = 10
    """Workbooks from one address: each is read by a process of its own."""
    requests_per_minute: int = 6_000
    """All requests from one address."""
    account_requests_per_minute: int = 600
    """All requests of one person who is signed in."""
    client_requests_per_minute: int = 6_000
    """All requests of one other service."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks (or addresses) of our own proxies, with commas: who calls is what they say."""
    proxy_header: str = "x-forwarded-for"
    """The header in which they say it: `x-forwarded-for` or `forwarded`; the other is not read."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names under which the service answers, with commas; none: under all of them."""
    cors_origins: tuple[str, ...] = ()
    """Origins (`https://example.org`) whose pages may call the API, with commas; none: no other."""
    hsts_seconds: int = 0
    """Behind TLS: how long browsers shall insist on it; 0 says nothing."""
    session_hours: int = 12
    cookie_secure: bool = True
    """Session cookies go over HTTPS only; `run` has it off, for a browser on this machine."""
    staff_codes_required: bool = False
    """Station heads and above can do nothing before they have an authenticator app."""
    sso_issuer: str = ""
    """Single sign-on: the issuer of the main platform (OpenID Connect); empty: off."""
    sso_client_id: str = ""
    sso_client_secret: str = ""
    sso_client_secret_file: Path | None = None
    """The secret in a file; neither this nor the secret: a client without one."""
    sso_origin: str = ""
    """Where browsers find this service: `https://volunteers.example.org`."""
    sso_scopes: tuple[str, ...] = ("openid", "profile")
    """Asked for with commas; whatever makes the issuer put the two claims into its ID tokens."""
    sso_role_claim: str = "roles"
    sso_roles: tuple[str, ...] = ()
    """`value-of-the-claim=role`, with commas; of several that fit the first one counts."""
    sso_station_claim: str = "station"
    """Holds the code of the station, for the roles of a station."""
    sso_create_accounts: bool = False
    """Whoever has a role by his claims gets an account at his first sign-on."""
    sso_acr_values: tuple[str, ...] = ()
    """Values of `acr` that stand for a second factor at the issuer, with commas."""
    sso_amr_values: tuple[str, ...] = ()
    """Likewise of `amr`: one of them is enough."""
    sso_session_hours: int = 4
    """A session by sign-on lasts no longer: his rights are looked at again."""
    sso_audience: str = ""
    """What names this service in access tokens of other services; empty: none are taken."""
    sso_client_scopes: tuple[str, ...] = ()
    """`their-scope=ours`, with commas; none: they are named alike."""
    code_channel: str = "console"
    """How one-time codes reach volunteers: `console` (the worker's log), `smtp` or `http`."""
    code_smtp_url: str = ""
    """smtps://user:password@host:465, smtp+starttls://…:587, or smtp:// in one's own network."""
    code_mail_from: str = ""
    code_mail_to: str = ""
    """The address of a gateway from mail to SMS: {phone}@sms.example.org."""
    code_http_url: str = ""
    """An SMS gateway that takes {"to": …, "text": …}."""
    code_http_token: str = ""
    """Goes to it as `Authorization: Bearer …`."""
    event_days: int = 90
    """How long events can be read again by cursor, at least 35 days."""
    stream_maxlen: int = 1_000_000
    """About how many events the Redis stream keeps."""
    nats_servers: tuple[str, ...] = ()
    """NATS servers with JetStream (`nats://user:password@host:4222`, `tls://…`), with commas: the
    relay appends the events there as well; none: it does not."""
    webhook_networks: tuple[str, ...] = ()
    """Private networks that webhooks may reach besides the open internet, with commas."""
    webhook_ports: tuple[str, ...] = ()
    """Ports that webhooks may reach besides 443, with commas."""
    webhook_http: bool = False
    """Webhooks may go to http:// too: their content is then readable on the way."""
    webhook_ca_file: str = ""
    """Certificates (PEM) that webhooks trust besides the system's: a private platform's own."""
    webhook_endpoints_max: int = 50
    """Webhook endpoints of one client, and of the staff together."""
    log_format: str = "json"
    """`json` or `text`."""
    log_level: str = "info"
    clock_start: datetime | None = None
    """Demonstrations only: the instant (with offset) at which the clock starts."""

    def __post_init__(self) -> None:
        _check_words(self)
        if self.clock_start is not None and self.clock_start.tzinfo is None:
            raise ValueError("VOLUNTEER_CLOCK_START carries an offset: 2026-11-22T12:00:00+08:00")
        for name, least in values.LEAST.items():
            if not getattr(self, name) >= least:  # `not >=` refuses NaN too
                raise ValueError(f"{variable(name)} is at least {least}")
        if self.files_url and not values.BUCKET.fullmatch(self.files_url):
            raise ValueError("VOLUNTEER_FILES_URL is s3://bucket or s3://bucket/prefix, or empty")
        if self.public_url and not values.ORIGIN.fullmatch(self.public_url):
            raise ValueError("VOLUNTEER_PUBLIC_URL is an origin such as https://example.org")
        if self.port > values.PORT_MAX:
            raise ValueError(f"VOLUNTEER_PORT is at most {values.PORT_MAX}")
        _check_code_channel(self)
        _check_single_sign_on(self)

    @property
    def webhook_rules(self) -> Rules:
        """Where webhooks may go."""
        return rules_of(self.webhook_networks, self.webhook_ports, http=self.webhook_http)

    @property
    def origin(self) -> str:
        """What addresses of public pages begin with."""
        return self.public_url or f"http://{self.host}:{self.port}"


def _check_code_channel(config: Config) -> None:
    """Never with a value in the message: it may hold a password."""
    if config.code_channel not in ("console", "smtp", "http"):
        raise ValueError("VOLUNTEER_CODE_CHANNEL is 'console', 'smtp' or 'http'")
    if config.code_channel == "smtp":
        if not values.is_url(config.code_smtp_url, "smtp", "smtps", "smtp+starttls"):
            raise ValueError("VOLUNTEER_CODE_SMTP_URL is smtps://host, smtp+starttls:// or smtp://")
        if "@" not in config.code_mail_from:
            raise ValueError("VOLUNTEER_CODE_MAIL_FROM is a mail address")
        if "{phone}" not in config.code_mail_to:
            raise ValueError("VOLUNTEER_CODE_MAIL_TO is an address with {phone} in it")
    if config.code_channel == "http" and not values.is_url(config.code_http_url, "https", "http"):
        raise ValueError("VOLUNTEER_CODE_HTTP_URL is https://host/… or http://host/…")


def _check_single_sign_on(config: Config) -> None:
    if not config.sso_issuer:
        return
    if not values.is_safe_url(config.sso_issuer) or set("?#") & set(config.sso_issuer):
        raise ValueError("VOLUNTEER_SSO_ISSUER is https://host or https://host/path")
    if not config.sso_client_id and not config.sso_audience:
        raise ValueError("VOLUNTEER_SSO_ISSUER needs VOLUNTEER_SSO_CLIENT_ID (people)"
                         " or VOLUNTEER_SSO_AUDIENCE (other services), or both")  # fmt: skip
    if config.sso_audience == config.sso_client_id:
        # Else an ID token would pass for an access token.
        raise ValueError("VOLUNTEER_SSO_AUDIENCE is another than VOLUNTEER_SSO_CLIENT_ID")
    if config.sso_client_id:
        origin = config.sso_origin
        if not (values.ORIGIN.fullmatch(origin) and values.is_safe_url(origin)):
            raise ValueError("VOLUNTEER_SSO_ORIGIN is an origin such as https://example.org")
        if not config.sso_roles:
            raise ValueError("VOLUNTEER_SSO_ROLES says which claim stands for which role")
        if "openid" not in config.sso_scopes:
            raise ValueError("VOLUNTEER_SSO_SCOPES holds openid")
        if config.sso_client_secret and config.sso_client_secret_file:
            raise ValueError("VOLUNTEER_SSO_CLIENT_SECRET or …_FILE, not both")


def _check_words(config: Config) -> None:
    for field, choices in values.CHOICES.items():
        if getattr(config, field) not in choices:
            *most, last = map(repr, choices)
            raise ValueError(f"{variable(field)} is {', '.join(most)} or {last}")
    for field, (fits, wanted) in values.LISTS.items():
        for one in getattr(config, field):
            if not fits(one):
                raise ValueError(f"{variable(field)}: {one!r} is not {wanted}")


def variable(field: str) -> str:
    """The environment variable that a setting is read from."""
    return _PLAIN.get(field, PREFIX + field.upper())
