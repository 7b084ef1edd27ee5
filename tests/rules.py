"""`make rules`: every rule of the guideline, the tests that stand for it, and whether they pass.

A plugin of pytest: `pytest -p tests.rules -m rule`. Fails when a rule has no test.
"""

import re
from collections import defaultdict

import pytest

RULES = {
    "R1": "14 or older, willing, registered and inducted",
    "R2": "registered once every required material was seen",
    "R3": "induction within three months, else a new registration",
    "R4": "an activity may require training topics",
    "R5": "the member file holds what there is",
    "R6": "a star for each threshold of counted minutes",
    "R7": "the ten with the most hours of a year",
    "R8": "nominations and awards by hours",
    "R9": "backbone, group and team leaders, trained first",
    "R10": "applying, registering, suspending, leaving, returning",
    "R11": "records are kept, sealed, and reading them is logged",
    "R12": "what goes upwards names nobody",
    "R13": "reports take any range of days",
    "R14": "a complaint is answered within three working days",
    "R15": "hours are entered within ten working days, or flagged",
    "R16": "certificates: truthful, numbered, verifiable",
    "R17": "who is recorded reads, objects and is answered",
    "R18": "under 18: guardian's consent, nothing hazardous",
    "R19": "nobody is published without consent",
    "R20": "kept ten years, identity erased when not needed",
}
_results: dict[str, dict[str, bool]] = defaultdict(dict)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The rules travel with the reports: of workers nothing else arrives."""
    for item in items:
        for mark in item.iter_markers("rule"):
            item.user_properties.append(("rule", mark.args[0]))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test passes when none of its phases failed, and it was not skipped."""
    name = re.sub(r"\[.*", "", report.nodeid.removeprefix("tests/"))
    for kind, rule in report.user_properties:
        if kind == "rule":
            _results[rule][name] = _results[rule].get(name, True) and report.passed


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    if RULES.keys() != {rule for rule, tests in _results.items() if all(tests.values())}:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    write = terminalreporter.write_line
    write("")
    for rule in [*RULES, *sorted(_results.keys() - RULES.keys())]:
        tests = _results.get(rule, {})
        state = "no test" if not tests else "pass" if all(tests.values()) else "FAIL"
        write(f"{rule:4} {state:8} {RULES.get(rule, 'unknown rule')}")
        for name, passed in sorted(tests.items()):
            write(f"       {'   ' if passed else 'NOT'} {name}")
    passed = sum(bool(one) and all(one.values()) for one in _results.values())
    names = {name for tests in _results.values() for name in tests}
    write(f"rules: {len(RULES)} rules, {len(names)} tests, passed={passed}")
