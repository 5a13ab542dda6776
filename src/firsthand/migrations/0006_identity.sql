CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO firsthand_app;

-- A real-name document. The number is sealed with a key that is not in the database; it is found only by a keyed hash.
-- A document is added before its person, because the unique index decides who is new: so the key is checked at the end.
CREATE TABLE identity.document (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES directory.person DEFERRABLE INITIALLY DEFERRED,
    type         text NOT NULL,
    number       bytea NOT NULL,
    blind_index  bytea NOT NULL UNIQUE CHECK (length(blind_index) = 32),
    created_at   timestamptz NOT NULL
);
CREATE INDEX document_person ON identity.document (person_id);

-- A one-time code in flight. `claim` is what becomes of it once the code is right: a sign-in, or a registration.
CREATE TABLE identity.one_time_code (
    id          uuid PRIMARY KEY,
    code_hash   bytea NOT NULL CHECK (length(code_hash) = 32),
    claim       bytea NOT NULL,
    expires_at  timestamptz NOT NULL,
    tries_left  smallint NOT NULL CHECK (tries_left >= 0),
    used        boolean NOT NULL DEFAULT false
);
CREATE INDEX one_time_code_expiry ON identity.one_time_code (expires_at);

CREATE TABLE identity.password (
    staff_id    uuid PRIMARY KEY REFERENCES directory.staff,
    phc         text NOT NULL,
    changed_at  timestamptz NOT NULL
);

-- A signed-in browser or API client. Only the hash of its token is kept.
CREATE TABLE identity.session (
    token_hash    bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    subject_kind  text NOT NULL CHECK (subject_kind IN ('person', 'staff')),
    subject_id    uuid NOT NULL,
    hospital_id   uuid,
    role          text,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    CHECK ((subject_kind = 'staff') = (hospital_id IS NOT NULL AND role IS NOT NULL))
);
CREATE INDEX session_subject ON identity.session (subject_id);
CREATE INDEX session_expiry ON identity.session (expires_at);

GRANT SELECT, INSERT ON identity.document, identity.one_time_code, identity.password, identity.session TO firsthand_app;
GRANT UPDATE (tries_left, used) ON identity.one_time_code TO firsthand_app;
GRANT DELETE ON identity.one_time_code, identity.session TO firsthand_app;
