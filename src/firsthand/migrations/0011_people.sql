-- A person can be without a phone (the desk registers him) and without a document (a child under a guardian).
-- phone_index: the keyed hash by which a phone is found; families share one, so it is not unique. Rows of the earlier
-- version get theirs from the worker, for the keys are outside the database. name_index: of name and date of birth
-- together, by which a desk finds who has a booking at its hospital.
-- merged_into: the record of the same person that is kept; merged_count: how many records were merged into this one.
-- lint: allow the columns have no value to write into the rows, and what is checked holds for NULL
ALTER TABLE directory.person
    ALTER COLUMN phone DROP NOT NULL,
    ADD COLUMN phone_index        bytea CHECK (length(phone_index) = 32),
    ADD COLUMN phone_changed_at   timestamptz,
    ADD COLUMN name_index         bytea CHECK (length(name_index) = 32),
    ADD COLUMN email              bytea,
    ADD COLUMN email_verified_at  timestamptz,
    ADD COLUMN born_on            bytea,
    ADD COLUMN guardian_id        uuid REFERENCES directory.person,
    ADD COLUMN merged_into        uuid REFERENCES directory.person,
    ADD COLUMN merged_count       integer NOT NULL DEFAULT 0 CHECK (merged_count >= 0),
    ADD COLUMN state              text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'anonymised')),
    ADD COLUMN anonymised_at      timestamptz,
    ADD CONSTRAINT person_merged_once CHECK (merged_into IS NULL OR (merged_into <> id AND merged_count = 0)),
    ADD CONSTRAINT person_anonymised CHECK ((state = 'anonymised') = (anonymised_at IS NOT NULL)
                                            AND (state = 'active' OR (phone IS NULL AND email IS NULL)));
-- lint: allow a migration holds writers up while it runs; a city of 20 million people makes these in a minute
CREATE INDEX person_phone ON directory.person (phone_index) WHERE phone_index IS NOT NULL;
-- lint: allow as above
CREATE INDEX person_named ON directory.person (name_index) WHERE name_index IS NOT NULL;
-- lint: allow as above, and nearly empty
CREATE INDEX person_merged ON directory.person (merged_into) WHERE merged_into IS NOT NULL;
-- lint: allow as above, and nearly empty
CREATE INDEX person_guardian ON directory.person (guardian_id) WHERE guardian_id IS NOT NULL;
-- Whose phone has no index yet: empty once the worker has gone through the people of the earlier version.
-- lint: allow as above
CREATE INDEX person_unindexed ON directory.person (id) WHERE phone IS NOT NULL AND phone_index IS NULL;
GRANT UPDATE (name, phone, phone_index, phone_changed_at, name_index, email, email_verified_at, born_on, guardian_id,
              merged_into, merged_count, state, anonymised_at) ON directory.person TO firsthand_app;

-- Published to the rooms below: which record was merged into which.
CREATE VIEW directory.merged_entry AS SELECT id, merged_into FROM directory.person WHERE merged_into IS NOT NULL;
GRANT SELECT ON directory.merged_entry TO firsthand_app;

-- Another name of a person: a former one, or the same in another script.
CREATE TABLE directory.name_variant (
    id          uuid PRIMARY KEY,
    person_id   uuid NOT NULL REFERENCES directory.person,
    kind        text NOT NULL CHECK (kind IN ('former', 'other_script', 'latin')),
    name        bytea NOT NULL,
    name_index  bytea CHECK (length(name_index) = 32),
    created_at  timestamptz NOT NULL
);
CREATE INDEX name_variant_person ON directory.name_variant (person_id);
CREATE INDEX name_variant_named ON directory.name_variant (name_index) WHERE name_index IS NOT NULL;
GRANT SELECT, INSERT, DELETE ON directory.name_variant TO firsthand_app;

-- Whom a member of staff has before him, and how he came to know: without a row that is still good, a desk can do
-- nothing with a person, whatever id it names.
CREATE TABLE directory.found_person (
    staff_id     uuid NOT NULL REFERENCES directory.staff,
    hospital_id  uuid NOT NULL REFERENCES directory.hospital,
    person_id    uuid NOT NULL REFERENCES directory.person,
    basis        text NOT NULL CHECK (basis IN ('document', 'booking', 'phone', 'break_glass')),
    found_at     timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    PRIMARY KEY (staff_id, hospital_id, person_id)
);
CREATE INDEX found_person_until ON directory.found_person (until);
GRANT SELECT, INSERT, DELETE ON directory.found_person TO firsthand_app;
GRANT UPDATE (basis, found_at, until) ON directory.found_person TO firsthand_app;

-- What one member of staff asks and another approves: to take a wrong document away (and put the right one in its
-- place), or to make two records one person. `documents`: which were moved, so that undoing moves the same ones back.
CREATE TABLE directory.correction (
    id             uuid PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('document', 'merger')),
    state          text NOT NULL CHECK (state IN ('asked', 'approved', 'refused', 'undone')),
    hospital_id    uuid NOT NULL REFERENCES directory.hospital,
    person_id      uuid NOT NULL REFERENCES directory.person,
    other_id       uuid REFERENCES directory.person,
    document_id    uuid,
    replacement    bytea,
    evidence_kind  text NOT NULL,
    evidence       bytea NOT NULL,
    documents      uuid[] NOT NULL DEFAULT '{}',
    asked_by       uuid NOT NULL REFERENCES directory.staff,
    asked_at       timestamptz NOT NULL,
    decided_by     uuid REFERENCES directory.staff,
    decided_at     timestamptz,
    undone_by      uuid REFERENCES directory.staff,
    undone_at      timestamptz,
    CHECK ((kind = 'merger') = (other_id IS NOT NULL)),
    CHECK ((kind = 'document') = (document_id IS NOT NULL)),
    CHECK (other_id IS NULL OR other_id <> person_id),
    CHECK (decided_by IS NULL OR decided_by <> asked_by),
    CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'undone') = (undone_by IS NOT NULL) AND (undone_by IS NULL) = (undone_at IS NULL))
);
CREATE INDEX correction_queue ON directory.correction (hospital_id, asked_at DESC);
CREATE INDEX correction_person ON directory.correction (person_id);
-- One wish at a time for one document, and for one record to be merged away.
CREATE UNIQUE INDEX correction_one_document ON directory.correction (document_id) WHERE state = 'asked';
CREATE UNIQUE INDEX correction_one_merger ON directory.correction (other_id) WHERE state = 'asked';
GRANT SELECT, INSERT ON directory.correction TO firsthand_app;
GRANT UPDATE (state, documents, decided_by, decided_at, undone_by, undone_at) ON directory.correction TO firsthand_app;

-- A document that was corrected away: kept, still sealed, until its term is over, so that the correction can be undone.
-- It has no blind index: its number is free for whose it is.
CREATE TABLE identity.former_document (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES directory.person,
    type         text NOT NULL,
    number       bytea NOT NULL,
    created_at   timestamptz NOT NULL,
    ended_at     timestamptz NOT NULL,
    erase_after  timestamptz NOT NULL
);
CREATE INDEX former_document_person ON identity.former_document (person_id);
CREATE INDEX former_document_term ON identity.former_document (erase_after);
GRANT SELECT, INSERT, DELETE ON identity.former_document TO firsthand_app;
GRANT DELETE ON identity.document TO firsthand_app;
GRANT UPDATE (person_id) ON identity.document TO firsthand_app;

-- Kinds of documents that a city knows besides the built-in ones: a kind is data, not code.
INSERT INTO policy.version (name, effective_from, body, source) VALUES (
    'document', '2020-01-01T00:00:00Z',
    '{"former_days": 365,
      "kinds": [{"code": "birth_certificate", "name_zh": "出生医学证明", "name_en": "Birth certificate",
                 "alphabet": ["letters", "digits"], "characters_min": 8, "characters_max": 12},
                {"code": "military_id", "name_zh": "军人证件", "name_en": "Military ID",
                 "alphabet": ["letters", "digits", "han"], "characters_min": 6, "characters_max": 16}]}',
    'docs/decisions/0012-people-and-their-records.md'
);
