CREATE SCHEMA directory;
GRANT USAGE ON SCHEMA directory TO firsthand_app;

-- (feed, external_id) is the name under which a hospital publishes the thing; the id is ours.
CREATE TABLE directory.hospital (
    id           uuid PRIMARY KEY,
    feed         text NOT NULL,
    external_id  text NOT NULL,
    name         text NOT NULL CHECK (name <> ''),
    address      text NOT NULL DEFAULT '',
    phone        text NOT NULL DEFAULT '',
    url          text NOT NULL DEFAULT '',
    time_zone    text NOT NULL,
    UNIQUE (feed, external_id)
);

CREATE TABLE directory.department (
    id           uuid PRIMARY KEY,
    hospital_id  uuid NOT NULL REFERENCES directory.hospital,
    name         text NOT NULL CHECK (name <> ''),
    UNIQUE (hospital_id, name)
);

CREATE TABLE directory.doctor (
    id           uuid PRIMARY KEY,
    hospital_id  uuid NOT NULL REFERENCES directory.hospital,
    name         text NOT NULL CHECK (name <> ''),
    UNIQUE (hospital_id, name)
);

-- A person known by a real-name document (identity.document).
CREATE TABLE directory.person (
    id          uuid PRIMARY KEY,
    name        bytea NOT NULL,
    phone       bytea NOT NULL,
    language    text NOT NULL CHECK (language IN ('zh-Hans', 'en')),
    created_at  timestamptz NOT NULL
);

CREATE TABLE directory.staff (
    id             uuid PRIMARY KEY,
    hospital_id    uuid NOT NULL REFERENCES directory.hospital,
    username       text NOT NULL UNIQUE CHECK (username <> ''),
    display_name   text NOT NULL CHECK (display_name <> ''),
    role           text NOT NULL CHECK (role IN ('desk')),
    active         boolean NOT NULL DEFAULT true,
    created_at     timestamptz NOT NULL
);

GRANT SELECT, INSERT ON directory.hospital, directory.department, directory.doctor TO firsthand_app;
GRANT UPDATE (name, address, phone, url, time_zone) ON directory.hospital TO firsthand_app;
GRANT SELECT, INSERT ON directory.person, directory.staff TO firsthand_app;
-- SELECT ... FOR NO KEY UPDATE, by which booking locks persons, asks for the UPDATE privilege on one column.
GRANT UPDATE (language) ON directory.person TO firsthand_app;
GRANT UPDATE (active) ON directory.staff TO firsthand_app;

-- Published to the rooms below.
CREATE VIEW directory.hospital_entry AS SELECT id, name, address, phone, url, time_zone FROM directory.hospital;
CREATE VIEW directory.department_entry AS SELECT id, hospital_id, name FROM directory.department;
CREATE VIEW directory.doctor_entry AS SELECT id, hospital_id, name FROM directory.doctor;
GRANT SELECT ON directory.hospital_entry, directory.department_entry, directory.doctor_entry TO firsthand_app;
