CREATE SCHEMA release;
GRANT USAGE ON SCHEMA release TO firsthand_app;

-- The last publication taken in from each feed, so that an older one is refused and the same one changes nothing.
CREATE TABLE release.publication (
    feed            text PRIMARY KEY,
    published_at    timestamptz NOT NULL,
    digest          bytea NOT NULL CHECK (length(digest) = 32),
    imported_at     timestamptz NOT NULL
);

CREATE TABLE release.schedule (
    id             uuid PRIMARY KEY,
    feed           text NOT NULL,
    external_id    text NOT NULL,
    hospital_id    uuid NOT NULL REFERENCES directory.hospital,
    department_id  uuid REFERENCES directory.department,
    doctor_id      uuid REFERENCES directory.doctor,
    service        text NOT NULL DEFAULT '',
    UNIQUE (feed, external_id)
);

-- What a hospital publishes: a doctor's half day, a FHIR Slot with its capacity.
-- `day` is the local day at the hospital, which caps and the desk go by.
CREATE TABLE release.session (
    id            uuid PRIMARY KEY,
    feed          text NOT NULL,
    external_id   text NOT NULL,
    schedule_id   uuid NOT NULL REFERENCES release.schedule,
    hospital_id   uuid NOT NULL REFERENCES directory.hospital,
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    day           date NOT NULL,
    capacity      integer NOT NULL CHECK (capacity BETWEEN 0 AND 10000),
    status        text NOT NULL CHECK (status IN ('open', 'closed', 'withdrawn')),
    fee_cents     integer CHECK (fee_cents >= 0),
    currency      text CHECK (currency ~ '^[A-Z]{3}$'),
    deep_link     text NOT NULL DEFAULT '',
    phone         text NOT NULL DEFAULT '',
    UNIQUE (feed, external_id),
    CHECK (starts_at < ends_at),
    CHECK ((fee_cents IS NULL) = (currency IS NULL))
);
CREATE INDEX session_by_day ON release.session (day, hospital_id);
-- Sessions are kept for ever: what is to come, and what is just over, is found without reading all of them.
CREATE INDEX session_by_end ON release.session (ends_at);

-- One bookable unit of a session. A returned place is not open again: it waits for a draw, and until there are
-- draws the desk gives it out.
CREATE TABLE release.place (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES release.session,
    number      integer NOT NULL CHECK (number > 0),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'returned', 'withdrawn')),
    UNIQUE (session_id, number)
) WITH (fillfactor = 80);
CREATE INDEX place_to_take ON release.place (session_id, state, number) WHERE state IN ('open', 'returned');

GRANT SELECT, INSERT ON release.publication, release.schedule, release.session, release.place TO firsthand_app;
-- Whose a record is, and under which name, never changes.
GRANT UPDATE (published_at, digest, imported_at) ON release.publication TO firsthand_app;
GRANT UPDATE (hospital_id, department_id, doctor_id, service) ON release.schedule TO firsthand_app;
GRANT UPDATE (schedule_id, hospital_id, starts_at, ends_at, day, capacity, status, fee_cents, currency, deep_link, phone)
    ON release.session TO firsthand_app;
GRANT UPDATE (state) ON release.place TO firsthand_app;

-- Published to the rooms below: a session with the facts that decisions need.
CREATE VIEW release.session_facts AS
SELECT session.id AS session_id, session.hospital_id, schedule.department_id, session.day,
       session.starts_at, session.ends_at, session.status, session.capacity, hospital.time_zone
FROM release.session
JOIN release.schedule ON schedule.id = session.schedule_id
JOIN directory.hospital_entry AS hospital ON hospital.id = session.hospital_id;
GRANT SELECT ON release.session_facts TO firsthand_app;

CREATE VIEW release.place_entry AS SELECT id AS place_id, session_id, number FROM release.place;
GRANT SELECT ON release.place_entry TO firsthand_app;
