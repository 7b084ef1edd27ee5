"""The tables, as Piccolo declares them; constraints it cannot say are raw migration steps."""

from piccolo.columns import BigSerial
from piccolo.table import Table

from volunteer_svc.store.columns import (
    big_integer,
    day,
    flag,
    instant,
    integer,
    integers,
    json,
    key,
    long_text,
    reference,
    sealed,
    text,
    texts,
    uuid,
)
from volunteer_svc.store.database import ENGINE


class Station(Table, db=ENGINE):
    """社工站; kinds head, station, point, one parent each."""

    id = key()
    code = text(32, unique=True)
    name = text(128)
    kind = text(16)
    parent_id = reference("self", optional=True)
    closed_on = day(optional=True)
    created_at = instant()
    version = integer()
    revision = integer()


class Policy(Table, db=ENGINE):
    """The numbers of the rules by version and date."""

    version = text(64, primary_key=True)
    valid_from = day(unique=True)
    numbers = json()


class Holiday(Table, db=ENGINE):
    """Days that differ from the plain week: holidays, and weekend days that are worked."""

    on = day(primary_key=True)
    is_workday = flag()
    name = text(32)


class Volunteer(Table, db=ENGINE):
    """The running totals of a person, narrow because every sheet locks and rewrites it."""

    id = key()
    member_no = text(8, optional=True, unique=True)
    station_id = reference(Station)
    counted_minutes = integer()
    star = integer()
    rated_under = reference(Policy)
    ledger_seq = integer()
    version = integer()
    revision = integer()
    created_at = instant()
    ledger_hash = sealed()
    erased_on = day(optional=True)
    merged_into = reference("self", optional=True)


class Person(Table, db=ENGINE):
    """Who the volunteer is; secret fields are sealed, the document's keyed hash is unique."""

    volunteer_id = reference(Volunteer, primary_key=True)
    name = text(64, index=True)
    sex = text(1)
    birth_date = day()
    document_kind = text(32)
    document_sealed = sealed()
    document_hash = sealed(unique=True)
    phone_sealed = sealed(optional=True)
    phone_hash = sealed(optional=True, index=True)
    address_sealed = sealed(optional=True)
    area = text(128)
    skills = text(256)
    service_category = text(32, optional=True)


class RingKey(Table, db=ENGINE):
    """A key of the ring by name, with a proof that tells a wrong key of that name."""

    name = text(64, primary_key=True)
    purpose = text(8)
    proof = sealed()
    made_at = instant()
    superseded_at = instant(optional=True)


class PersonKey(Table, db=ENGINE):
    """A person's data key, wrapped by a key of the ring; destroyed by an erasure."""

    volunteer_id = reference(Volunteer, primary_key=True)
    key_name = reference(RingKey, index=True)
    wrapped = sealed()


class Staff(Table, db=ENGINE):
    """An account of somebody who operates the service."""

    id = key()
    username = text(64, unique=True)
    display_name = text(64)
    password_hash = text(256)
    role = text(16)
    station_id = reference(Station, optional=True)
    volunteer_id = reference(Volunteer, optional=True)
    created_at = instant()
    closed_at = instant(optional=True)


class VolunteerPassword(Table, db=ENGINE):
    """A volunteer's own password, set with a slip from the station.

    `phone_set_by`: which of the staff wrote the telephone down; `code_reach_by`: the same, of one
    that a code was used from.
    """

    volunteer_id = reference(Volunteer, primary_key=True)
    password_hash = text(256, optional=True)
    slip_hash = sealed(optional=True)
    slip_expires_at = instant(optional=True)
    slip_given_by = reference(Staff, optional=True)
    phone_set_by = reference(Staff, optional=True)
    code_reach_by = reference(Staff, optional=True)


class Client(Table, db=ENGINE):
    """Another service and its scopes."""

    id = key()
    name = text(64)
    scopes = texts()
    created_at = instant()
    closed_at = instant(optional=True)


class ClientKey(Table, db=ENGINE):
    """A key of another service, stored hashed."""

    key_hash = sealed(primary_key=True)
    client_id = reference(Client)
    hint = text(16)
    created_at = instant()
    expires_at = instant(optional=True)
    last_used_at = instant(optional=True)


class Session(Table, db=ENGINE):
    """A signed-in person; the token itself is never stored."""

    token_hash = sealed(primary_key=True)
    staff_id = reference(Staff, optional=True)
    volunteer_id = reference(Volunteer, optional=True)
    created_at = instant()
    expires_at = instant(index=True)
    id = uuid(unique=True)


class SignInAttempt(Table, db=ENGINE):
    """Failed sign-ins in a row at one account, or at a name that nobody has."""

    name_hash = sealed(primary_key=True)
    failures = integer()
    last_at = instant(index=True)
    locked_until = instant()


class StaffCode(Table, db=ENGINE):
    """The authenticator app of an account; `last_step` is that of the last code accepted."""

    staff_id = reference(Staff, primary_key=True)
    secret_sealed = sealed()
    last_step = big_integer()
    created_at = instant()
    confirmed_at = instant(optional=True)


class RecoveryCode(Table, db=ENGINE):
    """Stands for a code of a lost app, once."""

    code_hash = sealed(primary_key=True)
    staff_id = reference(Staff, index=True)


class SentCode(Table, db=ENGINE):
    """A one-time code asked for to a telephone, known or not; number and code are not in it."""

    to_hash = sealed(primary_key=True)
    id = uuid(unique=True)
    requested_at = instant(index=True)
    expires_at = instant()
    tries_left = integer()
    requests = integer()
    counted_from = instant()
    due_at = instant(optional=True)
    spent_at = instant(optional=True)


class Intake(Table, db=ENGINE):
    """An open registration handed in; a worker makes a registration or a claim of it."""

    id = key()
    form_sealed = sealed()
    received_at = instant()
    due_at = instant(index=True)


class Registration(Table, db=ENGINE):
    """One enrolment of a volunteer; `number` counts them from 1."""

    id = key()
    volunteer_id = reference(Volunteer)
    number = integer()
    station_id = reference(Station)
    channel = text(16)
    receipt = text(16, unique=True)
    form_sealed = sealed()
    rules_version = text(64)
    household_local = flag()
    applied_on = day()
    expires_on = day()
    registered_on = day(optional=True)
    induction_due_on = day(optional=True)
    attended_on = day(optional=True)
    inducted_on = day(optional=True)
    declined_on = day(optional=True)
    decline_reason = text(512, optional=True)
    ended_on = day(optional=True)
    end_reason = text(512, optional=True)
    lapse_announced_on = day(optional=True)
    entered_by = reference(Staff, optional=True)
    received_at = instant()
    revision = integer()


class Material(Table, db=ENGINE):
    """What was handed in of one item of a registration."""

    id = key()
    registration_id = reference(Registration)
    item = text(32)
    original_seen_by = reference(Staff, optional=True)
    original_seen_at = instant(optional=True)
    copy_received_at = instant(optional=True)


class Suspension(Table, db=ENGINE):
    id = key()
    volunteer_id = reference(Volunteer, index=True)
    from_on = day()
    to_on = day(optional=True)
    reason = text(512)
    decided_by = reference(Staff)


class Claim(Table, db=ENGINE):
    """An open registration of somebody already known; staff resolve it."""

    id = key()
    receipt = text(16, unique=True)
    volunteer_id = reference(Volunteer)
    station_id = reference(Station, index=True)
    form_sealed = sealed()
    received_at = instant()
    resolved_at = instant(optional=True)
    resolved_by = reference(Staff, optional=True)


class FormerDocument(Table, db=ENGINE):
    """The document of a duplicate that was merged: it still finds the person."""

    document_hash = sealed(primary_key=True)
    volunteer_id = reference(Volunteer, index=True)


class IdentityCorrection(Table, db=ENGINE):
    """The trail of a mended name, birth date or document; what stood there before is sealed."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    fields = texts()
    before_sealed = sealed()
    reason = text(512)
    corrected_by = reference(Staff)
    corrected_at = instant()


class Merge(Table, db=ENGINE):
    """One person entered twice: whose file was kept; the other's data are sealed."""

    id = key()
    kept_id = reference(Volunteer, index=True)
    duplicate_id = reference(Volunteer)
    before_sealed = sealed()
    reason = text(512)
    merged_by = reference(Staff)
    merged_at = instant()


class Erasure(Table, db=ENGINE):
    """Asked for, decided by a second person, done; or done by retention alone."""

    id = key()
    volunteer_id = reference(Volunteer)
    cause = text(16)
    reason = text(512)
    asked_by = reference(Staff, optional=True)
    asked_at = instant()
    state = text(16)
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512, optional=True)


class CorrectionRequest(Table, db=ENGINE):
    """What a volunteer wants corrected in his file, and what came of it."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    text_sealed = sealed()
    asked_at = instant()
    due_on = day()
    due_approximate = flag()
    outcome = text(16, optional=True)
    reason = text(512, optional=True)
    resolved_by = reference(Staff, optional=True)
    resolved_at = instant(optional=True)


class ConsentWithdrawal(Table, db=ENGINE):
    """A consent taken back: by the volunteer himself unless recorded by somebody."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    kind = text(16)
    reason = text(512)
    recorded_by = reference(Staff, optional=True)
    withdrawn_at = instant()


class InductionSession(Table, db=ENGINE):
    """入会辅导: a group session; its attendance makes registered people active."""

    id = key()
    station_id = reference(Station)
    held_on = day()
    place = text(128)
    created_by = reference(Staff)
    created_at = instant()


class Attendance(Table, db=ENGINE):
    id = key()
    session_id = reference(InductionSession)
    volunteer_id = reference(Volunteer, index=True)
    registration_id = reference(Registration)
    counted = flag()
    recorded_by = reference(Staff)
    recorded_at = instant()


class InductionSignUp(Table, db=ENGINE):
    """Who means to come to a session; one at a time."""

    volunteer_id = reference(Volunteer, primary_key=True)
    session_id = reference(InductionSession, index=True)
    signed_up_at = instant()


class ImportRun(Table, db=ENGINE):
    """An uploaded workbook on its way into the tables."""

    id = key()
    state = text(16, index=True)
    filename = text(255)
    reason = text(512)
    workbook_sealed = sealed(optional=True)
    created_by = reference(Staff)
    approved_by = reference(Staff, optional=True)
    created_at = instant()
    rows_total = integer()
    rows_done = integer()
    lanes_done = integers()
    summary = json(optional=True)
    failure = text(64, optional=True)
    leased_until = instant(optional=True)
    attempts = integer()
    finished_at = instant(optional=True)


class ImportProblem(Table, db=ENGINE):
    """One problem of one row; the same for preview and commit."""

    id = BigSerial(primary_key=True)
    import_id = reference(ImportRun)
    sheet = text(32)
    line = integer()
    row = integer()
    column = text(64, optional=True)
    outcome = text(16)
    code = text(64)
    params = json()


class ServiceRecord(Table, db=ENGINE):
    """One stint of one volunteer. `minutes` as entered, `standing_minutes` after corrections."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    served_on = day()
    started_at = instant(optional=True)
    ended_at = instant(optional=True)
    break_minutes = integer()
    minutes = integer()
    standing_minutes = integer()
    evidence = text(16)
    evidence_reference = text(256)
    state = text(16)
    level = text(16, optional=True)
    why = text(32, optional=True)
    late = flag()
    late_reason = text(512)
    title = text(128)
    kind = text(32, optional=True)
    place = text(128)
    leader = text(64)
    content = text(2000)
    external_ref = text(128)
    entered_by = reference(Staff, optional=True)
    entered_at = instant()
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512, optional=True)
    import_id = reference(ImportRun, optional=True)
    import_key = sealed(optional=True)
    on_behalf_of = reference(Staff, optional=True)


class MergedRecord(Table, db=ENGINE):
    """Where a duplicate's record went; nowhere when the kept file had these hours already."""

    from_record_id = reference(ServiceRecord, primary_key=True)
    to_record_id = reference(ServiceRecord, optional=True)
    merge_id = reference(Merge)


class Correction(Table, db=ENGINE):
    """A change of a record's minutes: asked, and counted, waiting or rejected."""

    id = key()
    record_id = reference(ServiceRecord)
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    minutes_before = integer()
    minutes_after = integer()
    state = text(16)
    level = text(16, optional=True)
    why = text(32, optional=True)
    reason = text(512)
    requested_by = text(128)
    entered_by = reference(Staff)
    entered_at = instant()
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512, optional=True)
    on_behalf_of = reference(Staff, optional=True)


class LedgerEntry(Table, db=ENGINE):
    """时数台账: append-only minutes per volunteer, dense by `seq`; the totals are its sum."""

    id = key()
    volunteer_id = uuid()
    seq = integer()
    record_id = reference(ServiceRecord)
    correction_id = reference(Correction, optional=True)
    kind = text(16)
    minutes_delta = integer()
    balance = integer()
    station_id = uuid()
    served_on = day()
    entered_at = instant()
    hash = sealed()


class StarChange(Table, db=ENGINE):
    """Each star won or lost with its explanation: policy, minutes before and after, cause."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    ledger_entry_id = reference(LedgerEntry)
    from_star = integer()
    to_star = integer()
    minutes_before = integer()
    minutes_after = integer()
    policy_version = reference(Policy)
    cause_kind = text(16)
    cause_id = uuid()
    changed_on = day()


class YearlyMinutes(Table, db=ENGINE):
    """Counted minutes by volunteer, station and year of service: the basis of the lists.

    Its key has three columns, and that of the next table two: Piccolo declares only one.
    """

    volunteer_id = reference(Volunteer, primary_key=True)
    station_id = reference(Station)
    year = integer()
    minutes = integer()


class YearTotal(Table, db=ENGINE):
    """The same over all stations, with an index in the order of the county's list."""

    volunteer_id = key()
    year = integer()
    minutes = integer()


class Recognition(Table, db=ENGINE):
    """The published list of one scope and year; `version` counts its issues."""

    id = key()
    scope = text(16)
    station_id = reference(Station, optional=True)
    year = integer()
    version = integer()


class RecognitionIssue(Table, db=ENGINE):
    """A frozen snapshot: ids, ranks and minutes, who published it and when, who was left out."""

    id = key()
    recognition_id = reference(Recognition)
    version = integer()
    published_by = reference(Staff)
    published_at = instant()
    tied_at_cutoff = flag()
    entries = json()
    exclusions = json()
    on_behalf_of = reference(Staff, optional=True)


class IdempotencyKey(Table, db=ENGINE):
    """The answer a command gave under a client's key, written in the command's transaction."""

    key_hash = sealed(primary_key=True)
    body_hash = sealed()
    answer = sealed()
    created_at = instant(index=True)


class Outbox(Table, db=ENGINE):
    """Events of running commands; the sequencer moves them, numbered, once they are committed."""

    id = BigSerial(primary_key=True)
    event_id = uuid()
    name = text(64)
    subject = text(64)
    subject_version = integer()
    station_id = uuid(optional=True)
    happened_at = instant()
    correlation_id = long_text(optional=True)
    causation_id = long_text(optional=True)
    traceparent = text(64, optional=True)
    data = long_text()


class EventLog(Table, db=ENGINE):
    """The numbered events: dense, append-only; `body` is the very text every transport carries."""

    seq = big_integer(primary_key=True)
    event_id = uuid()
    name = text(64)
    subject = text(64)
    station_id = uuid(optional=True)
    happened_at = instant()
    body = long_text()


class EventHead(Table, db=ENGINE):
    """One row: where the numbering stands."""

    only = flag(primary_key=True)
    epoch = text(32)
    last_seq = big_integer()
    floor_seq = big_integer()


class AuditOutbox(Table, db=ENGINE):
    """Entries of running commands; the sequencer chains them once they are committed."""

    outbox_id = BigSerial(primary_key=True)
    trail = text(8)
    id = uuid()
    happened_at = instant()
    actor_kind = text(16)
    actor_id = uuid(optional=True)
    actor_station_id = uuid(optional=True)
    channel = text(16)
    address = text(64, optional=True)
    request_id = text(64, optional=True)
    action = text(64)
    subject = text(64, optional=True)
    detail = long_text()


class AuditEntry(Table, db=ENGINE):
    """Every change: dense, append-only, each entry chained to the one before it."""

    seq = big_integer(primary_key=True)
    id = uuid(unique=True)
    happened_at = instant()
    actor_kind = text(16)
    actor_id = uuid(optional=True)
    actor_station_id = uuid(optional=True)
    channel = text(16)
    address = text(64, optional=True)
    request_id = text(64, optional=True)
    action = text(64)
    subject = text(64, optional=True)
    detail = long_text()
    hash = sealed()


class AccessLog(Table, db=ENGINE):
    """Every reading of a person's file, kept as changes are."""

    seq = big_integer(primary_key=True)
    id = uuid(unique=True)
    happened_at = instant()
    actor_kind = text(16)
    actor_id = uuid(optional=True)
    actor_station_id = uuid(optional=True)
    channel = text(16)
    address = text(64, optional=True)
    request_id = text(64, optional=True)
    action = text(64)
    subject = text(64, optional=True)
    detail = long_text()
    hash = sealed()


class TrailHead(Table, db=ENGINE):
    """Where each trail stands."""

    trail = text(8, primary_key=True)
    last_seq = big_integer()
    last_hash = sealed()


class Disclosure(Table, db=ENGINE):
    """A third party's wish to read of a file, by letter, and the head's approval."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    recipient = text(128)
    letter_reference = text(128)
    fields = texts()
    reason = text(512)
    requested_by = reference(Staff)
    requested_at = instant()
    approved_by = reference(Staff, optional=True)
    approved_at = instant(optional=True)


class SignedHead(Table, db=ENGINE):
    """Where all chains stood on a day, signed."""

    number = integer(primary_key=True)
    signed_at = instant()
    body = long_text()
    signature = sealed()
    public_key = sealed()


class LedgerMark(Table, db=ENGINE):
    """Where a ledger that had moved stood at a signed head; its key has two columns."""

    head_number = integer(primary_key=True)
    volunteer_id = reference(Volunteer)
    seq = integer()


class File(Table, db=ENGINE):
    """A photo or a document's copy; its bytes are in the object store under the id, sealed."""

    id = key()
    volunteer_id = reference(Volunteer)
    kind = text(32)
    bytes = integer()
    width = integer()
    height = integer()
    stored_at = instant()
    stored_by = reference(Staff, optional=True)
    removed_at = instant(optional=True)
    removed_by = reference(Staff, optional=True)


class Delegation(Table, db=ENGINE):
    """A head lets a colleague decide in his stead, from one day to another, both included."""

    id = key()
    station_id = reference(Station)
    from_staff = reference(Staff)
    to_staff = reference(Staff)
    from_on = day()
    to_on = day()
    reason = text(512)
    made_at = instant()
    ended_at = instant(optional=True)
    ended_by = reference(Staff, optional=True)


class Closing(Table, db=ENGINE):
    """An order to close all accounts of a station on a day: its contractor changes."""

    id = key()
    station_id = reference(Station)
    closes_on = day()
    reason = text(512)
    ordered_by = reference(Staff)
    ordered_at = instant()
    done_at = instant(optional=True)


class Departure(Table, db=ENGINE):
    """Why an account was closed, by whom, and who has its open work now."""

    id = key()
    staff_id = reference(Staff)
    reason = text(512)
    left_at = instant()
    closed_by = reference(Staff)
    handed_to = reference(Staff, optional=True)
    closing_id = reference(Closing, optional=True)


class HandOver(Table, db=ENGINE):
    """One piece of open work and who looks after it from then on; the latest row holds."""

    id = key()
    departure_id = reference(Departure)
    kind = text(16)
    item_id = uuid()
    to_staff = reference(Staff)
