"""What schemathesis is told besides: values that exist, and that every error is a problem.

Runs inside schemathesis's own process; `FUZZ_KNOWN` holds values by the name of their field.
"""

import json
import os
import random
from typing import Any

import schemathesis

KNOWN: dict[str, list[Any]] = json.loads(os.environ.get("FUZZ_KNOWN", "{}"))
OWN = os.environ.get("FUZZ_OWN", "")
"""The account whose key is used: closed, it would see nothing but 401 from then on."""
OURS = "application/problem+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@schemathesis.serializer(XLSX, "image/jpeg", "image/png", "image/webp")
def file(_context: Any, value: Any) -> bytes:
    """What is drawn for a file's content, as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Of the ids in bodies half exist, of the forms half are somebody's: by chance none were."""
    if OWN and case.path_parameters.get("account_id") == OWN:
        case.path_parameters["account_id"] = KNOWN["account_id"][0]
    if isinstance(case.body, dict):
        # The same for the same body: what fails must fail again.
        chance = random.Random(json.dumps(case.body, sort_keys=True, default=str))  # noqa: S311
        case.body = {name: known(one, chance, name) for name, one in case.body.items()}


def known(value: Any, chance: random.Random, name: str) -> Any:
    if name in KNOWN and chance.random() < 0.5:
        return chance.choice(KNOWN[name])
    if isinstance(value, dict):
        return {key: known(one, chance, key) for key, one in value.items()}
    if isinstance(value, list):
        return [known(one, chance, "") for one in value]
    return value


@schemathesis.check
def errors_are_problems(_context: Any, response: Any, _case: Any) -> None:
    """Whatever is wrong, also under a route or a method that nobody documented."""
    if response.status_code < 400:
        return
    kind = response.headers.get("content-type", [""])[0]
    assert kind == OURS, f"{response.status_code} is {kind}"
    problem = json.loads(response.content)
    assert problem["status"] == response.status_code
    assert problem["code"] in problem["type"]
    assert problem["detail"]
