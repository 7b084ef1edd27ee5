"""Importing a county workbook from the command line: preview, then commit with a progress bar."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

import uvloop

from volunteer_svc import clock, store
from volunteer_svc.actions import county_import, imports
from volunteer_svc.actions.command import Call
from volunteer_svc.commands.session import ready
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.i18n import DEFAULT, LANGUAGES, words
from volunteer_svc.store.imports import ImportRun, ProblemRow

_BAR_WIDTH = 40
_POLL_SECONDS = 0.2
_PAGE = 1_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("workbook", type=Path, help="the county's .xlsx")
    parser.add_argument("--as", dest="username", required=True, help="a county account")
    parser.add_argument("--reason", default="", help="why its hours are entered late")
    parser.add_argument("--approved-by", help="another county account: commit after the preview")
    parser.add_argument("--language", choices=LANGUAGES, default=DEFAULT)


def main(config: Config, arguments: argparse.Namespace) -> int:
    """Exit code 0: previewed or committed; 1: refused."""
    return uvloop.run(_import(config, arguments))


async def _import(config: Config, arguments: argparse.Namespace) -> int:
    async with ready(config):
        try:
            call = await _call(arguments.username)
            content = await asyncio.to_thread(arguments.workbook.read_bytes)
            run = await imports.upload(
                call, filename=arguments.workbook.name, content=content, reason=arguments.reason
            )
            print(f"import {run.id}")
            run = await _until(call, run, "previewed")
            if arguments.approved_by and run.state == "previewed":
                second = await _call(arguments.approved_by)
                run = await _until(call, await imports.start_commit(second, run.id), "done")
            await _print_problems(call, run, arguments.language)
        except Refusal as refusal:
            for fault in refusal.faults:
                print(words(fault.code, fault.params, arguments.language).detail, file=sys.stderr)
            return 1
        except OSError as error:
            print(f"{arguments.workbook}: {error.strerror}", file=sys.stderr)
            return 1
    for sheet, counts in run.summary.items():
        print(f"{sheet}\t" + " ".join(f"{name}={count}" for name, count in sorted(counts.items())))
    print(f"state={run.state} {run.failure or ''}".rstrip())
    return 1 if run.state == "failed" else 0


async def _call(username: str) -> Call:
    return Call(actor=await _county_account(username), now=clock.now(), channel="command")


async def _county_account(username: str) -> Staff:
    account = await store.accounts.find_by_username(username)
    if account is None or account.closed_at is not None:
        raise refuse("account_unknown", username)
    return Staff(account.id, account.role, account.station_id, account.volunteer_id)


async def _until(call: Call, run: ImportRun, state: str) -> ImportRun:
    """Work on due runs here, or watch a worker do it, until this run is there or has failed."""

    def show(progress: ImportRun) -> None:
        if progress.id == run.id:
            _bar(progress)

    while run.state not in (state, "failed"):
        if not await county_import.work_on_next(clock.now, show):
            await asyncio.sleep(_POLL_SECONDS)
        run = await imports.read_import(call, run.id)
        _bar(run)
    print(file=sys.stderr)
    return run


def _bar(run: ImportRun) -> None:
    done = run.rows_total if run.state in ("previewed", "done") else run.rows_done
    filled = _BAR_WIDTH * done // max(run.rows_total, 1)
    bar = "█" * filled + "░" * (_BAR_WIDTH - filled)
    print(f"\r{run.state:<10} {bar} {done}/{run.rows_total}", end="", file=sys.stderr, flush=True)


async def _print_problems(call: Call, run: ImportRun, language: Any) -> None:
    after = 0
    while page := await imports.problems(call, run.id, after=after, limit=_PAGE):
        for problem in page:
            print(_line(problem, language))
        after = page[-1].id


def _line(problem: ProblemRow, language: Any) -> str:
    column = problem.column or "-"
    sentence = words(problem.code, problem.params, language).detail
    return (
        f"{problem.sheet}\t第{problem.row}行 (line {problem.line})\t{column}\t"
        f"{problem.outcome}\t{problem.code}\t{sentence}"
    )
