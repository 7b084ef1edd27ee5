"""What platforms build on: schemas, samples and the AsyncAPI document are what the code does."""

import copy
import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from jsonschema import Draft202012Validator, FormatChecker

from tests import node
from tests.contract import samples
from tests.contract.story import name_of, tell
from volunteer_svc.commands import contracts
from volunteer_svc.domain.compatibility import breaks
from volunteer_svc.domain.event_schema import ENVELOPE
from volunteer_svc.domain.events import EVENTS
from volunteer_svc.store import event_log

ROOT = Path(__file__).parents[2]
SAMPLES = samples.stored()
RUN = "run: python -m volunteer_svc openapi"


def schema(name):
    return json.loads(contracts.schema_file(name).read_text())


def validator(name):
    return Draft202012Validator(schema(name), format_checker=FormatChecker())


VALIDATORS = {name: validator(name) for name in (*EVENTS, ENVELOPE)}


def assert_is_valid(body):
    VALIDATORS[ENVELOPE].validate(body)
    VALIDATORS[name_of(body)].validate(body["data"])


@pytest.mark.parametrize("path", contracts.event_contracts(), ids=lambda path: path.name)
def test_the_committed_contracts_are_current(path):
    assert path.read_text() == contracts.event_contracts()[path], RUN


def test_nothing_else_is_committed_as_a_contract():
    written = {path for path in contracts.event_contracts() if path.parent == contracts.SCHEMAS}
    assert set(contracts.SCHEMAS.glob("*.json")) == written


@pytest.mark.parametrize("name", VALIDATORS)
def test_every_schema_is_one_and_says_which(name):
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$id"] == f"urn:volunteer-svc:schema:{name}.v1"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_of_whatever_age_fits_the_schemas_of_its_major(path):
    assert_is_valid(SAMPLES[path])
    assert SAMPLES[path]["dataschema"] == schema(name_of(SAMPLES[path]))["$id"]


def test_every_event_has_a_sample_and_no_sample_was_ever_edited():
    assert {name_of(body) for body in SAMPLES.values()} == EVENTS.keys()
    assert samples.SUMS.read_text() == samples.sums(), "samples are added, never changed"


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_readme_names_every_event_and_no_other(page):
    text, told, named = (ROOT / page).read_text(), set(), ""
    for row in re.findall(r"^\| (`[a-z]+\.[a-z_]+`.*?) \|", text, re.MULTILINE):
        for subject, change in re.findall(r"`([a-z]*)\.([a-z_]+)`", row):
            named = subject or named
            told.add(f"{named}.{change}")
    assert told == EVENTS.keys()


async def test_what_the_commands_raise_fits_the_schemas_and_looks_as_a_sample_does(database):
    connection = await event_log.connect(database)
    told = await tell(connection)
    await event_log.disconnect(connection)
    for body in told:
        assert_is_valid(body)
    new = {body["type"] for body in told if samples.fingerprint(body) not in samples.shapes()}
    assert not new, "of another shape than all samples; run: python -m tests.contract.samples"


def test_a_schema_refuses_what_lacks_a_field_or_holds_another_kind():
    whole = SAMPLES[samples.FOLDER / "star.promoted.v1.1.json"]["data"]
    for name in whole:
        lacking = {key: value for key, value in whole.items() if key != name}
        with pytest.raises(jsonschema.ValidationError, match=name):
            VALIDATORS["star.promoted"].validate(lacking)
    with pytest.raises(jsonschema.ValidationError, match="'two' is not of type 'integer'"):
        VALIDATORS["star.promoted"].validate(whole | {"to_star": "two"})
    VALIDATORS["star.promoted"].validate(whole | {"future": "unknown"})


def remove(fields, name):
    del fields["properties"][name]
    fields["required"].remove(name)


def rename(fields, name):
    fields["properties"]["other"] = fields["properties"].pop(name)
    fields["required"][fields["required"].index(name)] = "other"


def part(fields, name):
    """The part of the schema that a field refers to."""
    return fields["$defs"][fields["properties"][name]["$ref"].rpartition("/")[2]]


BREAKING = {
    "a field removed": (lambda s: remove(s, "to_star"), ["data.to_star is gone"]),
    "a field renamed": (
        lambda s: rename(s, "to_star"),
        ["data.to_star is gone", "data.other is new and demanded"],
    ),
    "a field that may be left out": (
        lambda s: s["required"].remove("to_star"),
        ["data.to_star may be left out now"],
    ),
    "a new field that is demanded": (
        lambda s: s["required"].append(s["properties"].update(more={}) or "more"),
        ["data.more is new and demanded"],
    ),
    "a narrower number": (
        lambda s: s["properties"]["to_star"].update(maximum=5),
        ["data.to_star: maximum was None and is 5"],
    ),
    "another type": (
        lambda s: s["properties"]["to_star"].update(type="string"),
        ["data.to_star: type was 'integer' and is 'string'"],
    ),
    "a wider type": (
        lambda s: s["properties"]["to_star"].update(type=["integer", "null"]),
        ["data.to_star: type was 'integer' and is ['integer', 'null']"],
    ),
    "another format": (
        lambda s: s["properties"]["volunteer_id"].pop("format"),
        ["data.volunteer_id: format was 'uuid' and is None"],
    ),
    "a field of a part removed": (
        lambda s: remove(part(s, "caused_by"), "kind"),
        ["data.caused_by.kind is gone"],
    ),
    "no other fields any more": (
        lambda s: s.update(additionalProperties=False),
        ["data: additionalProperties was None and is False"],
    ),
}


@pytest.mark.parametrize("change", BREAKING)
def test_what_would_break_a_reader_is_named(change):
    new = copy.deepcopy(old := schema("star.promoted"))
    alter, named = BREAKING[change]
    alter(new)
    assert breaks(old, new) == named


def test_the_members_of_a_list_and_its_choices_are_looked_at():
    new = copy.deepcopy(old := schema("recognition.published"))
    entry = new["$defs"]["RecognitionEntry"]["properties"]
    del entry["rank"]
    new["properties"]["scope"]["enum"] = ["county"]
    assert breaks(old, new) == [
        "data.scope: enum was ['county', 'station'] and is ['county']",
        "data.entries[].rank is gone",
    ]
    new = copy.deepcopy(old)
    new["properties"]["entries"] = {"type": "array"}
    assert len(breaks(old, new)) == 1


def test_what_does_no_harm_is_allowed():
    new = copy.deepcopy(old := schema("recognition.published"))
    new["properties"]["more"] = {"type": "string"}
    new["properties"]["scope"]["enum"].reverse()
    new["description"] = "other words"
    entry = new["$defs"].pop("RecognitionEntry")
    new["properties"]["entries"]["items"] = entry | {"title": "in place"}
    assert breaks(old, new) == []


def test_the_code_breaks_no_committed_schema_and_the_command_would_not_write_it(
    tmp_path, monkeypatch, capsys
):
    assert contracts.broken_schemas() == []
    promised = schema("star.promoted")
    promised["properties"]["promised"] = {"type": "string"}
    docs = {"SCHEMAS": tmp_path, "ASYNCAPI_FILE": tmp_path / "a", "OPENAPI_FILE": tmp_path / "o"}
    for name, path in docs.items():
        monkeypatch.setattr(contracts, name, path)
    committed = {"star.promoted.v1.json": promised, "hat.lost.v1.json": {}}
    for name, one in committed.items():
        (tmp_path / name).write_text(json.dumps(one))
    assert contracts.main(None) == 1
    errors = capsys.readouterr().err
    assert "star.promoted.v1.json: data.promised is gone" in errors
    assert "hat.lost.v1.json: the event is gone" in errors
    assert json.loads((tmp_path / "star.promoted.v1.json").read_text()) == promised
    assert not (tmp_path / "a").exists()


PARSE = """
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";
const { document, diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
console.log(JSON.stringify({
  faults: diagnostics.filter(one => one.severity < 2).map(one => one.message),
  messages: document.allMessages().all().map(one => one.name()),
  channels: document.allChannels().all().map(one => one.id()),
}));
"""


def test_the_parser_of_asyncapi_accepts_the_document():
    found = json.loads(node.run(PARSE, stdin=contracts.ASYNCAPI_FILE.read_text()))
    assert found["faults"] == []
    assert set(found["messages"]) == {f"volunteer-svc.{name}.v1" for name in EVENTS}
    assert found["channels"] == ["stream", "feed", "sse", "webhook", "jetstream"]


READ = """
import { readFileSync } from "node:fs";
import { CloudEvent, HTTP } from "cloudevents";
const found = readFileSync(0, "utf8").trim().split("\\n").map(body => {
  const headers = { "content-type": "application/cloudevents+json" };
  const event = HTTP.toEvent({ headers, body });
  event.validate();
  return { ...event.toJSON() };
});
console.log(JSON.stringify(found));
"""


def test_the_sdk_of_npm_parses_every_sample():
    lines = "\n".join(json.dumps(body) for body in SAMPLES.values())
    for read, body in zip(json.loads(node.run(READ, stdin=lines)), SAMPLES.values(), strict=True):
        assert read.pop("time")[:23] == body["time"][:23]  # a Date of milliseconds
        assert read == {key: value for key, value in body.items() if key != "time"}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_the_sdk_of_python_parses_every_sample(path: Path):
    body = SAMPLES[path]
    headers = {"content-type": "application/cloudevents+json"}
    event = from_http_event(HTTPMessage(headers=headers, body=msgspec.json.encode(body)))
    assert event.get_data() == body["data"]
    attributes = event.get_attributes()
    assert {key: attributes[key] for key in body if key not in ("data", "time")} == {
        key: value for key, value in body.items() if key not in ("data", "time")
    }
    assert (
        attributes["time"].isoformat(timespec="microseconds").replace("+00:00", "Z") == body["time"]
    )
