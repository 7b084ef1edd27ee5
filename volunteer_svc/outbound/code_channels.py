"""How codes and reminders reach a telephone: the log (for trials), mail, or an SMS gateway."""

import logging
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
import httpx

from volunteer_svc.config import Config
from volunteer_svc.domain.sent_code import Message

SECONDS = 10.0
"""How long a gateway may take, in all."""

_logger = logging.getLogger(__name__)


class NotSentError(Exception):
    """The channel did not take the message; it is tried again. Says nothing that is in it."""


class Channel(Protocol):
    """Takes a message, or raises NotSentError."""

    async def send(self, message: Message) -> None: ...


class Console:
    """For trials: the code is in this process's log, and nowhere else; of a reminder its title."""

    async def send(self, message: Message) -> None:
        phone = "*" * (len(message.phone) - 2) + message.phone[-2:]
        if not message.code:
            _logger.warning("reminder", extra={"to": phone, "subject": message.title})
            return
        _logger.warning("one-time code", extra={"to": phone, "one_time_code": message.code})


class Smtp:
    """A gateway that makes short messages of mail: to an address made from the number."""

    def __init__(self, config: Config) -> None:
        url = urlsplit(config.code_smtp_url)
        self._host, self._port = url.hostname, url.port
        self._user = unquote(url.username) if url.username else None
        self._password = unquote(url.password) if url.password else None
        self._scheme = url.scheme
        self._from, self._to = config.code_mail_from, config.code_mail_to

    async def send(self, message: Message) -> None:
        mail = EmailMessage()
        mail["From"] = self._from
        mail["To"] = self._to.replace("{phone}", message.phone)
        mail["Subject"] = message.title
        mail["Message-ID"] = f"<{message.id}@{self._from.rpartition('@')[2]}>"
        mail.set_content(message.text)
        try:
            await aiosmtplib.send(
                mail,
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._scheme == "smtps",
                start_tls=self._scheme == "smtp+starttls",
                timeout=SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotSentError(type(error).__name__) from None


class Http:
    """A gateway that takes `{"to": …, "text": …}`; any 2xx means that it has."""

    def __init__(self, config: Config) -> None:
        self._url = config.code_http_url
        self._headers = (
            {"Authorization": f"Bearer {config.code_http_token}"} if config.code_http_token else {}
        )

    async def send(self, message: Message) -> None:
        # What was taken but not answered in time comes again under the same key.
        headers = self._headers | {"Idempotency-Key": str(message.id)}
        body = {"to": message.phone, "text": message.text}
        try:
            async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
                response = await client.post(self._url, json=body, headers=headers)
        except (httpx.HTTPError, OSError) as error:
            raise NotSentError(type(error).__name__) from None
        if not response.is_success:
            raise NotSentError(f"status {response.status_code}")


def channel_of(config: Config) -> Channel:
    """The channel that the settings name."""
    match config.code_channel:
        case "smtp":
            return Smtp(config)
        case "http":
            return Http(config)
    return Console()
