"""The committed API document is what the code says."""

import msgspec
import pytest

from volunteer_svc.commands.contracts import OPENAPI_FILE, openapi


@pytest.fixture(scope="module")
def document():
    return msgspec.json.decode(openapi())


def operations(document):
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_the_committed_document_is_current():
    assert OPENAPI_FILE.read_text() == openapi(), "run: python -m volunteer_svc openapi"


def test_the_document_does_not_depend_on_chance():
    assert openapi() == openapi()


def test_every_operation_says_what_it_is_and_what_may_go_wrong(document):
    seen = set()
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["operationId"] not in seen
        seen.add(operation["operationId"])
        assert {"400", "500", "503"} <= operation["responses"].keys(), name
        if operation["security"] != [{}]:
            assert {"401", "403"} <= operation["responses"].keys(), name
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], name


def test_every_post_that_changes_something_takes_an_idempotency_key(document):
    without = {
        operation["operationId"]
        for name, operation in operations(document)
        if name.startswith("post")
        and all(p["name"] != "Idempotency-Key" for p in operation.get("parameters", ()))
    }
    # A search or an export changes nothing; a token or secret must not be answered twice, nor
    # somebody's secrets be kept for a repeat: each reading is an entry of its own. No trace of a
    # password is kept to tell a repeat by, and a repeat is answered by what the first has changed.
    assert without == {
        "searchVolunteers", "signIn", "useSlip", "requestCode", "useCode", "changePassword",
        "enrolCode", "confirmCode", "removeCode", "revealVolunteer", "exportPerson",
        "printMemberFile", "readReceipt", "makeCalendar",
    }  # fmt: skip


def test_every_edit_takes_if_match(document):
    for name, operation in operations(document):
        if name.startswith(("patch", "put")):
            assert "If-Match" in {p["name"] for p in operation["parameters"]}, name
            assert "412" in operation["responses"], name


def test_every_list_is_a_page(document):
    for name, operation in operations(document):
        if operation["operationId"].startswith(("list", "search")):
            assert {"cursor", "limit"} <= {p["name"] for p in operation["parameters"]}, name
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            assert "Page" in schema["$ref"], name
