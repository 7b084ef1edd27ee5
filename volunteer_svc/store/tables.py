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
    uuids,
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
    reason = text(512, optional=True)
    planned_by = uuid(optional=True)
    planned_at = instant(optional=True)
    activated_at = instant(optional=True)


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
    name_pinyin = long_text(optional=True, index=True)


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
    """An account of somebody who operates the service.

    It has a password, or is known to single sign-on as `subject` of `issuer`; never both.
    `password_expires_at`: of a password that the administrator gave out.
    """

    id = key()
    username = text(64, unique=True)
    display_name = text(64)
    password_hash = text(256, optional=True)
    role = text(16)
    station_id = reference(Station, optional=True)
    volunteer_id = reference(Volunteer, optional=True)
    created_at = instant()
    closed_at = instant(optional=True)
    password_expires_at = instant(optional=True)
    issuer = text(255, optional=True)
    subject = text(255, optional=True)


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
    issuer = text(255, optional=True)
    subject = text(255, optional=True)


class ClientKey(Table, db=ENGINE):
    """A key of another service, stored hashed."""

    key_hash = sealed(primary_key=True)
    client_id = reference(Client)
    hint = text(16)
    created_at = instant()
    expires_at = instant(optional=True)
    last_used_at = instant(optional=True)


class Session(Table, db=ENGINE):
    """A signed-in person; the token itself is never stored.

    `second_factor`: of a single sign-on, whether the issuer asked for one; null: opened here.
    """

    token_hash = sealed(primary_key=True)
    staff_id = reference(Staff, optional=True)
    volunteer_id = reference(Volunteer, optional=True)
    created_at = instant()
    expires_at = instant(index=True)
    id = uuid(unique=True)
    second_factor = flag(optional=True)


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
    tries = integer()


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


class Transfer(Table, db=ENGINE):
    """From one home station to another, with the volunteer's consent."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    from_station_id = reference(Station)
    to_station_id = reference(Station)
    transferred_on = day()
    consented_on = day()
    consent_given = text(16)
    reason = text(512)
    recorded_by = reference(Staff, optional=True)
    recorded_at = instant()


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


class TrainingTopic(Table, db=ENGINE):
    """What is trained, and for how many months it holds."""

    code = text(32, primary_key=True)
    name_zh = text(64)
    name_en = text(64)
    kind = text(16)
    validity_months = integer(optional=True)
    closed_on = day(optional=True)


class TrainingSession(Table, db=ENGINE):
    """服务技能辅导: a session on one or more topics by an invited professional."""

    id = key()
    station_id = reference(Station)
    title = text(128)
    topics = texts()
    starts_at = instant()
    ends_at = instant()
    place = text(128)
    trainer = text(128)
    organiser = text(128)
    capacity = integer(optional=True)
    by_priority = flag()
    state = text(16)
    cancel_reason = text(512, optional=True)
    created_by = reference(Staff)
    created_at = instant()


class TrainingSignup(Table, db=ENGINE):
    """Who wants to come; the places follow from `number` and `priority`."""

    id = key()
    session_id = reference(TrainingSession)
    volunteer_id = reference(Volunteer, index=True)
    number = integer()
    priority = integer()
    signed_up_at = instant()
    withdrawn_at = instant(optional=True)


class TrainingCompletion(Table, db=ENGINE):
    """A topic completed by attending a session, and the last day on which it holds."""

    id = key()
    session_id = reference(TrainingSession)
    volunteer_id = reference(Volunteer)
    topic = reference(TrainingTopic)
    completed_on = day()
    valid_until = day(optional=True)
    recorded_by = reference(Staff)
    recorded_at = instant()


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
    activity_id = uuid(optional=True)
    sheet_id = uuid(optional=True)


class Activity(Table, db=ENGINE):
    """A planned service: who may come, how many, and how many have a place."""

    id = key()
    station_id = reference(Station)
    series_id = uuid(optional=True)
    state = text(16)
    kind = text(32)
    form = text(32)
    title = text(128)
    started_at = instant()
    ended_at = instant()
    place = text(128)
    leader = text(64)
    capacity = integer()
    risk_notice = text(2000)
    required_topics = texts()
    minimum_age = integer(optional=True)
    hazardous = flag()
    insurance_reference = text(128)
    external_ref = text(128)
    confirmed = integer()
    signups = integer()
    created_by = reference(Staff)
    created_at = instant()
    published_at = instant(optional=True)
    cancelled_at = instant(optional=True)
    cancel_reason = text(512)
    version = integer()
    revision = integer()


class Signup(Table, db=ENGINE):
    """Somebody's place, or one on the waiting list; `number` is the order of arrival."""

    id = key()
    activity_id = reference(Activity)
    volunteer_id = reference(Volunteer)
    number = integer()
    state = text(16)
    entered_by = reference(Staff, optional=True)
    entered_at = instant()
    confirmed_at = instant(optional=True)
    ended_at = instant(optional=True)
    ended_by = reference(Staff, optional=True)
    end_reason = text(512)


class ActivityNotice(Table, db=ENGINE):
    """What somebody is to be told of an activity he signed up for."""

    id = key()
    activity_id = reference(Activity)
    volunteer_id = reference(Volunteer)
    kind = text(16)
    made_at = instant()
    read_at = instant(optional=True)


class CheckIn(Table, db=ENGINE):
    """Somebody there, from when to when, and the record that came of it."""

    id = key()
    activity_id = reference(Activity)
    volunteer_id = reference(Volunteer)
    state = text(16)
    in_at = instant()
    in_by = reference(Staff, optional=True)
    out_at = instant(optional=True)
    out_by = reference(Staff, optional=True)
    record_id = uuid(optional=True)
    fault = text(64, optional=True)


class UsedCode(Table, db=ENGINE):
    """A code of the site serves a person once in and once out; its key has four columns."""

    activity_id = reference(Activity, primary_key=True)
    volunteer_id = reference(Volunteer)
    direction = text(4)
    step = big_integer()


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


class Objection(Table, db=ENGINE):
    """What a volunteer says is wrong with a record of his, and the station's answer."""

    id = key()
    record_id = reference(ServiceRecord)
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    text_sealed = sealed()
    entered_by = reference(Staff, optional=True)
    opened_at = instant()
    due_on = day()
    due_approximate = flag()
    outcome = text(16, optional=True)
    reason = text(512, optional=True)
    closed_by = reference(Staff, optional=True)
    closed_at = instant(optional=True)


class VolunteerGroup(Table, db=ENGINE):
    """A group of volunteers of a station."""

    id = key()
    station_id = reference(Station)
    name = text(64)
    made_on = day()
    closed_on = day(optional=True)


class GroupMember(Table, db=ENGINE):
    id = key()
    group_id = reference(VolunteerGroup)
    volunteer_id = reference(Volunteer, index=True)
    from_on = day()
    to_on = day(optional=True)
    added_at = instant()


class Position(Table, db=ENGINE):
    """骨干, 小组长, 组长: who held it from when to when; nobody holds two."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    kind = text(16)
    group_id = reference(VolunteerGroup, optional=True)
    from_on = day()
    to_on = day(optional=True)
    reason = text(512)
    appointed_by = reference(Staff)
    ended_by = reference(Staff, optional=True)
    end_reason = text(512, optional=True)


class Nomination(Table, db=ENGINE):
    """The station puts a volunteer forward for an outside honour."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    honour = text(128)
    awarding_body = text(128)
    reason = text(512)
    evidence_reference = text(256)
    counted_minutes = integer()
    nominated_on = day()
    nominated_by = reference(Staff)
    state = text(16)
    closed_on = day(optional=True)


class Award(Table, db=ENGINE):
    """An honour granted by an outside unit."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    nomination_id = reference(Nomination, optional=True)
    name = text(128)
    granted_by = text(128)
    granted_on = day()
    evidence_reference = text(256)
    recorded_by = reference(Staff)
    recorded_at = instant()
    revoked_on = day(optional=True)
    revoked_by = reference(Staff, optional=True)
    revoke_reason = text(512, optional=True)


class Complaint(Table, db=ENGINE):
    """About a volunteer or by one; what was said is sealed with his key."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    direction = text(8)
    text_sealed = sealed()
    opened_by = reference(Staff, optional=True)
    opened_at = instant()
    due_on = day()
    due_approximate = flag()
    contact = text(8, optional=True)
    contacted_on = day(optional=True)
    contacted_by = reference(Staff, optional=True)
    contact_sealed = sealed(optional=True)
    outcome = text(16, optional=True)
    outcome_sealed = sealed(optional=True)
    closed_by = reference(Staff, optional=True)
    closed_at = instant(optional=True)
    version = integer()


class Evaluation(Table, db=ENGINE):
    """服务质量评价: a grade and words, of a record or after a complaint."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    record_id = reference(ServiceRecord, optional=True)
    complaint_id = reference(Complaint, optional=True)
    grade = integer()
    words = text(256)
    evaluated_on = day()
    evaluated_by = reference(Staff)
    evaluated_at = instant()


class Undo(Table, db=ENGINE):
    """A sheet or an import taken back: asked, decided, and how far it is."""

    id = key()
    kind = text(16)
    target_id = uuid()
    station_id = reference(Station, optional=True)
    reason = text(512)
    state = text(16)
    asked_by = reference(Staff)
    asked_at = instant()
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512)
    records_total = integer()
    records_done = integer()
    reversed = integer()
    rejected = integer()
    left_over = integer()
    last_record_id = uuid(optional=True)
    finished_at = instant(optional=True)


class ReviewSignal(Table, db=ENGINE):
    """Something somebody should look at: the rule, its records, and what came of it."""

    id = key()
    rule = text(32)
    fingerprint = text(160, unique=True)
    station_id = reference(Station)
    volunteer_id = reference(Volunteer, optional=True)
    recorder_id = reference(Staff, optional=True)
    record_ids = uuids()
    facts = json()
    found_at = instant()
    state = text(16)
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    reason = text(512)
    correction_id = reference(Correction, optional=True)
    undo_id = reference(Undo, optional=True)


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
    ledger_entry_id = reference(LedgerEntry, optional=True)
    from_star = integer()
    to_star = integer()
    minutes_before = integer()
    minutes_after = integer()
    policy_version = reference(Policy)
    cause_kind = text(16)
    cause_id = uuid()
    changed_on = day()
    number = big_integer()


class ReEvaluation(Table, db=ENGINE):
    """Everybody is rated by a policy that was activated; how far that is."""

    id = key()
    policy_version = reference(Policy, unique=True)
    started_at = instant()
    after_id = uuid(optional=True)
    total = integer()
    done = integer()
    promoted = integer()
    revoked = integer()
    finished_at = instant(optional=True)


class ReRating(Table, db=ENGINE):
    """From which entry of a ledger on another policy rated it; its key has two columns."""

    volunteer_id = reference(Volunteer, primary_key=True)
    re_evaluation_id = reference(ReEvaluation)
    ledger_seq = integer()
    from_policy = reference(Policy)
    to_policy = reference(Policy)


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


class NameConsent(Table, db=ENGINE):
    """A volunteer may be named outside his station until he takes it back."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    text_version = text(64)
    given_at = instant()
    recorded_by = reference(Staff, optional=True)
    withdrawn_at = instant(optional=True)


class Reminder(Table, db=ENGINE):
    """Each once: sent to a telephone, or on the station's list."""

    id = key()
    kind = text(32)
    item_id = uuid()
    step = integer()
    volunteer_id = reference(Volunteer, optional=True)
    station_id = reference(Station)
    due_on = day()
    listed = flag()
    made_at = instant()
    due_at = instant(optional=True)
    attempts = integer()
    sent_at = instant(optional=True)
    done_at = instant(optional=True)


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
    first_seq = big_integer()


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


class RecordPhoto(Table, db=ENGINE):
    """A photo that belongs to a report of hours."""

    file_id = reference(File, primary_key=True)
    record_id = reference(ServiceRecord, index=True)


class CalendarFeed(Table, db=ENGINE):
    """A volunteer's calendar under a secret address; the secret itself is never stored."""

    volunteer_id = reference(Volunteer, primary_key=True)
    token_hash = sealed(unique=True)
    made_at = instant()


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


class Digest(Table, db=ENGINE):
    """What the events of a station (or of none) of a day add up to."""

    id = key()
    station_id = reference(Station, optional=True)
    on = day()
    from_seq = big_integer()
    to_seq = big_integer()
    figures = json()
    made_at = instant()


class RelayMark(Table, db=ENGINE):
    """Where the relay that leads stands on each way, as of its last look."""

    way = text(16, primary_key=True)
    seq = big_integer()
    problem = text(32, optional=True)
    seen_at = instant()


class Alarm(Table, db=ENGINE):
    """Something that needed an operator; one open row per kind is an incident."""

    id = key()
    kind = text(32)
    reading = big_integer()
    limit = big_integer()
    raised_at = instant()
    ended_at = instant(optional=True)


class Endpoint(Table, db=ENGINE):
    """Where webhooks go, for whom, and which; of a client, or of the staff who made it.

    `from_seq`: the first event it is to have. `undelivered_seq`: the first one owed when it was
    disabled.
    """

    id = key()
    client_id = reference(Client, optional=True)
    made_by = reference(Staff, optional=True)
    url = text(2048)
    description = text(128)
    types = texts()
    stations = uuids()
    sensitive = flag()
    on_failure = text(8)
    state = text(16)
    state_reason = text(32, optional=True)
    created_at = instant()
    verified_at = instant(optional=True)
    from_seq = big_integer()
    undelivered_seq = big_integer(optional=True)
    version = integer()


class EndpointSecret(Table, db=ENGINE):
    """What signs the deliveries of an endpoint; one that goes on, at most one that ends."""

    id = key()
    endpoint_id = reference(Endpoint)
    secret_sealed = sealed()
    made_at = instant()
    ends_at = instant(optional=True)


class EndpointHealth(Table, db=ENGINE):
    """How an endpoint has answered of late; apart, because every delivery may rewrite it."""

    endpoint_id = reference(Endpoint, primary_key=True)
    failures = integer()
    failing_since = instant(optional=True)
    last_success_at = instant(optional=True)
    wait_until = instant(optional=True)


class Lane(Table, db=ENGINE):
    """What waits for an endpoint, by subject: the event at the head and the last one behind it.

    Its key has two columns. `claim` changes with every claim: who comes back with an older one
    has been overtaken. Samples have a body of their own and no number.
    """

    endpoint_id = reference(Endpoint, primary_key=True)
    name = text(96)
    kind = text(16)
    subject = text(64, optional=True)
    head_seq = big_integer(optional=True)
    tail_seq = big_integer(optional=True)
    event_id = uuid(optional=True)
    body = long_text(optional=True)
    attempts = integer()
    claim = big_integer()
    due_at = instant()


class FanOut(Table, db=ENGINE):
    """One row: up to which event lanes have been laid."""

    only = flag(primary_key=True)
    fanned_seq = big_integer()


class DeliveryAttempt(Table, db=ENGINE):
    """An attempt and what the endpoint answered; kept for a while."""

    id = BigSerial(primary_key=True)
    endpoint_id = reference(Endpoint)
    event_id = uuid()
    sequence = big_integer(optional=True)
    kind = text(16)
    number = integer()
    at = instant(index=True)
    milliseconds = integer()
    verdict = text(16)
    status = integer(optional=True)
    fault = text(32, optional=True)
    answer = text(512)
