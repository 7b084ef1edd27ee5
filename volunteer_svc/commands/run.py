"""The default run: servers, key ring, migrations, first accounts, then all services."""

import logging
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import NoReturn

import msgspec

from volunteer_svc import embedded, processes, supervisor
from volunteer_svc.commands import health
from volunteer_svc.config import Config, ConfigError, environment

FIRST_ACCOUNTS = "first-accounts.txt"
"""In the data folder: what `admin first` made, for its owner alone to read."""

_SERVICES = ("serve", "relay", "work")
_READY_SECONDS = 60.0
_PORT_SECONDS = 1.0
"""The web process of a run that was killed may need a moment to go."""
_BANNER = """
志愿者服务已就绪 · the volunteer service is ready
  网址 web            {web}
  接口 OpenAPI        {web}/schema/openapi.json
  数据库 PostgreSQL   {database}
  事件 Redis          {redis} · stream volunteer.events
  首批账号 accounts   {accounts}
  数据目录 data       {data_dir}
  按 Ctrl-C 停止 · Ctrl-C to stop
"""


class RunError(Exception):
    """The run cannot go on; the message says why."""


def run(config: Config) -> int:
    """`make run`: everything on one machine until a signal. Returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    if bool(config.database_url) != bool(config.redis_url):
        raise ConfigError("set both DATABASE_URL and REDIS_URL, or neither for embedded servers")
    try:
        with supervisor.stop_signals():
            _check_port(config)
            with _servers(config) as servers:
                _run_services(config, servers)
    except supervisor.Stopped:
        print("已停止 · stopped", flush=True)
        return 0
    except (RunError, embedded.ServersError, OSError) as error:
        print(f"volunteer-svc: {error}", file=sys.stderr)
        return 1


def _check_port(config: Config) -> None:
    """Fail now with a sentence rather than restart a web process that cannot listen."""
    if not processes.poll_until(lambda: _is_free(config), _PORT_SECONDS):
        raise RunError(
            f"{config.host} port {config.port} is taken or not of this machine: choose another "
            "VOLUNTEER_HOST or VOLUNTEER_PORT"
        )


def _is_free(config: Config) -> bool:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family) as probe, suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((config.host, config.port))
        return True
    return False


@contextmanager
def _servers(config: Config) -> Iterator[embedded.Servers]:
    if config.database_url:
        yield embedded.Servers(database_url=config.database_url, redis_url=config.redis_url)
    else:
        with embedded.servers(config.data_dir) as servers:
            yield servers


def _run_services(config: Config, servers: embedded.Servers) -> NoReturn:
    config = msgspec.structs.replace(
        config, database_url=servers.database_url, redis_url=servers.redis_url
    )
    env = environment(config)
    _complete(env, "prepare")
    announce = _announcer(config)

    def each_round() -> None:
        for name, child in servers.children.items():
            if child.poll() is not None:
                raise RunError(f"{name} has stopped, see {config.data_dir / 'log'}")
        announce()

    supervisor.supervise({name: _command(name) for name in _SERVICES}, env, each_round=each_round)


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "volunteer_svc", *arguments]


def _complete(env: Mapping[str, str], *arguments: str) -> None:
    child = processes.spawn(_command(*arguments), env=env)
    try:
        if child.wait() != 0:
            raise RunError(f"`{' '.join(arguments)}` ended with {child.returncode}")
    finally:
        processes.stop([child])


def _announcer(config: Config) -> Callable[[], None]:
    """A function that says once where everything is, as soon as the web process is ready."""
    deadline = time.monotonic() + _READY_SECONDS
    announced = False

    def announce() -> None:
        nonlocal announced
        if announced:
            return
        if health.is_ready(config):
            announced = True
            print(_where(config), flush=True)
        elif time.monotonic() > deadline:
            raise RunError(f"the services are not ready after {_READY_SECONDS:.0f} s")

    return announce


def _where(config: Config) -> str:
    host = f"[{config.host}]" if ":" in config.host else config.host
    first = config.data_dir / FIRST_ACCOUNTS
    return _BANNER.format(
        data_dir=config.data_dir.resolve(),
        web=f"http://{host}:{config.port}",
        database=_without_password(config.database_url),
        redis=_without_password(config.redis_url),
        accounts=first if first.exists() else "python -m volunteer_svc admin create",
    )


def _without_password(url: str) -> str:
    return re.sub(r"(://[^:@/]*):[^@]*@", r"\1:***@", url)
