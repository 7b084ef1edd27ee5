"""Certificates: a numbered register, badges with their status lists, and batches to print."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "certificates, badges, batches"

# The last line of a gapless register: number n comes after n - 1, nothing is taken away, and what
# a certificate says is never changed; only its state is.
FORWARDS = """
CREATE TABLE certificate_counter (
    station_id uuid NOT NULL REFERENCES station,
    year integer NOT NULL,
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (station_id, year)
);
CREATE TABLE certificate (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    year integer NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    kind varchar(16) NOT NULL CHECK (kind IN ('service_time', 'star')),
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    code varchar(24) NOT NULL UNIQUE,
    from_on date,
    to_on date CHECK (to_on >= from_on),
    star integer CHECK (star BETWEEN 1 AND 5),
    minutes integer NOT NULL CHECK (minutes > 0),
    issued_on date NOT NULL,
    issued_at timestamptz NOT NULL,
    issued_by uuid REFERENCES staff,
    replaces uuid UNIQUE REFERENCES certificate CHECK (replaces <> id),
    state varchar(16) NOT NULL CHECK (state IN ('valid', 'superseded', 'revoked')),
    because varchar(32) CHECK (because IN
        ('corrected', 'star_lost', 're_issued', 'identity_corrected')),
    ended_on date,
    ended_by uuid REFERENCES staff,
    reason varchar(512),
    stated_sealed bytea NOT NULL,
    UNIQUE (station_id, year, number),
    CHECK ((kind = 'star') = (star IS NOT NULL)),
    CHECK ((kind = 'service_time') = (from_on IS NOT NULL AND to_on IS NOT NULL)),
    CHECK ((state = 'valid') = (ended_on IS NULL)),
    CHECK (state <> 'superseded' OR because IS NOT NULL),
    CHECK (state <> 'revoked' OR reason IS NOT NULL)
);
CREATE UNIQUE INDEX certificate_one_of_a_period
    ON certificate (volunteer_id, station_id, from_on, to_on)
    WHERE state = 'valid' AND kind = 'service_time';
CREATE UNIQUE INDEX certificate_one_of_a_star ON certificate (volunteer_id, star)
    WHERE state = 'valid' AND kind = 'star';
CREATE INDEX certificate_volunteer ON certificate (volunteer_id);
CREATE INDEX certificate_station ON certificate (station_id, id);
CREATE TRIGGER certificate_facts
    BEFORE DELETE OR UPDATE OF id, station_id, year, number, kind, volunteer_id, code, from_on,
        to_on, star, minutes, issued_on, issued_at, issued_by, replaces ON certificate
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE FUNCTION certificate_without_gap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.number > 1 AND NOT EXISTS (SELECT FROM certificate WHERE station_id = NEW.station_id
            AND year = NEW.year AND number = NEW.number - 1) THEN
        RAISE EXCEPTION 'certificate % leaves a gap', NEW.number
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER certificate_dense AFTER INSERT ON certificate
    FOR EACH ROW EXECUTE FUNCTION certificate_without_gap();
CREATE FUNCTION certificate_ended_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> NEW.state AND
            (OLD.state = 'revoked' OR NEW.state = 'valid') THEN
        RAISE EXCEPTION 'a certificate that ended stays so'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificate_ends BEFORE UPDATE OF state ON certificate
    FOR EACH ROW EXECUTE FUNCTION certificate_ended_stays();

CREATE TABLE badge (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    star integer NOT NULL CHECK (star BETWEEN 1 AND 5),
    won_on date NOT NULL,
    status_index bigserial NOT NULL UNIQUE CHECK (status_index > 0),
    identity_salt varchar(64) NOT NULL,
    identity_hash varchar(80) NOT NULL,
    identity_sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    token text,
    revoked_at timestamptz CHECK (revoked_at >= made_at),
    share_code varchar(24) UNIQUE
);
CREATE UNIQUE INDEX badge_one_of_a_star ON badge (volunteer_id, star) WHERE revoked_at IS NULL;
CREATE INDEX badge_volunteer ON badge (volunteer_id);
CREATE INDEX badge_to_sign ON badge (id) WHERE token IS NULL;
CREATE INDEX badge_revoked ON badge (status_index) WHERE revoked_at IS NOT NULL;
CREATE TABLE badge_status_list (
    number integer PRIMARY KEY CHECK (number > 0),
    token text NOT NULL,
    revoked integer NOT NULL CHECK (revoked >= 0),
    signed_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until > signed_at)
);
CREATE TABLE badge_key (
    public_key bytea PRIMARY KEY CHECK (length(public_key) = 32),
    first_used_at timestamptz NOT NULL
);
CREATE TRIGGER badge_key_append_only BEFORE UPDATE OR DELETE ON badge_key
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE certificate_batch (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    from_on date NOT NULL,
    to_on date NOT NULL CHECK (to_on >= from_on),
    format varchar(8) NOT NULL CHECK (format IN ('pdf', 'zip')),
    asked_by uuid NOT NULL REFERENCES staff,
    asked_at timestamptz NOT NULL,
    state varchar(16) NOT NULL
        CHECK (state IN ('issuing', 'printing', 'done', 'failed', 'expired')),
    total integer NOT NULL CHECK (total > 0),
    done integer NOT NULL CHECK (done BETWEEN 0 AND total),
    issued integer NOT NULL CHECK (issued BETWEEN 0 AND done),
    printed integer NOT NULL CHECK (printed BETWEEN 0 AND total),
    leased_until timestamptz,
    finished_at timestamptz,
    expires_at timestamptz,
    file_id uuid,
    bytes integer,
    key_sealed bytea,
    CHECK ((state = 'done') = (key_sealed IS NOT NULL))
);
CREATE INDEX certificate_batch_open ON certificate_batch (asked_at)
    WHERE state IN ('issuing', 'printing');
CREATE INDEX certificate_batch_station ON certificate_batch (station_id, id);
CREATE TABLE certificate_batch_item (
    batch_id uuid NOT NULL REFERENCES certificate_batch,
    position integer NOT NULL CHECK (position > 0),
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    certificate_id uuid REFERENCES certificate,
    fault varchar(64),
    PRIMARY KEY (batch_id, position),
    UNIQUE (batch_id, volunteer_id),
    CHECK (certificate_id IS NULL OR fault IS NULL)
);
CREATE INDEX certificate_batch_item_volunteer ON certificate_batch_item (volunteer_id);
"""

BACKWARDS = """
DROP TABLE certificate_batch_item;
DROP TABLE certificate_batch;
DROP TABLE badge_key;
DROP TABLE badge_status_list;
DROP TABLE badge;
DROP TABLE certificate;
DROP FUNCTION certificate_ended_stays();
DROP FUNCTION certificate_without_gap();
DROP TABLE certificate_counter;
"""


async def forwards():
    manager = MigrationManager(ID, app_name="volunteer_svc", description=DESCRIPTION)

    async def run_forwards():
        await engine_finder().current_transaction.get().connection.execute(FORWARDS)

    async def run_backwards():
        await engine_finder().current_transaction.get().connection.execute(BACKWARDS)

    manager.add_raw(run_forwards)
    manager.add_raw_backwards(run_backwards)
    return manager
