-- What a member of staff does, where, and from when until when. Of several duties he acts in one at a time. A duty is
-- never changed but to end it, because the record names it. given_by is empty where the operator gave it.
CREATE TABLE directory.duty (
    id           uuid PRIMARY KEY,
    staff_id     uuid NOT NULL REFERENCES directory.staff,
    hospital_id  uuid REFERENCES directory.hospital,
    role         text NOT NULL CHECK (role IN ('desk', 'officer', 'supervisor', 'hospital_admin', 'city_admin',
                                               'authority', 'auditor')),
    begins_at    timestamptz NOT NULL,
    ends_at      timestamptz,
    given_by     uuid REFERENCES directory.staff,
    CHECK ((role IN ('city_admin', 'authority', 'auditor')) = (hospital_id IS NULL)),
    CHECK (begins_at <= ends_at),
    CHECK (given_by <> staff_id)
);
CREATE INDEX duty_of_staff ON directory.duty (staff_id);
CREATE INDEX duty_of_hospital ON directory.duty (hospital_id);
CREATE UNIQUE INDEX duty_once ON directory.duty (staff_id, role, hospital_id) NULLS NOT DISTINCT WHERE ends_at IS NULL;
GRANT SELECT, INSERT ON directory.duty TO firsthand_app;
GRANT UPDATE (ends_at) ON directory.duty TO firsthand_app;

INSERT INTO directory.duty (id, staff_id, hospital_id, role, begins_at)
SELECT gen_random_uuid(), id, hospital_id, role, created_at FROM directory.staff;

-- Now the hospital that looks after the account, none for the city's own. Its role is in its duties.
-- lint: allow staff are few
ALTER TABLE directory.staff ALTER COLUMN hospital_id DROP NOT NULL;
-- lint: allow staff are few
ALTER TABLE directory.staff ALTER COLUMN role DROP NOT NULL;

-- A session has a name of its own, by which its owner can end it without knowing its token; it says how and in which
-- duty it was opened, on what kind of device, and when it was last used.
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid();
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ADD COLUMN duty_id uuid;
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ADD COLUMN method text NOT NULL DEFAULT 'code'
    CHECK (method IN ('code', 'passkey', 'password', 'password_totp', 'recovery_code'));
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ADD COLUMN device text NOT NULL DEFAULT '' CHECK (length(device) <= 100);
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ADD COLUMN last_seen_at timestamptz;
-- lint: allow sessions live for some hours, so they are few
CREATE UNIQUE INDEX session_id ON identity.session (id);
-- lint: allow sessions live for some hours, so they are few
CREATE INDEX session_duty ON identity.session (duty_id);
UPDATE identity.session SET last_seen_at = created_at;
UPDATE identity.session SET method = 'password', duty_id = duty.id
FROM directory.duty WHERE subject_kind = 'staff' AND duty.staff_id = subject_id;
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ALTER COLUMN last_seen_at SET NOT NULL;
-- lint: allow a role of the city has no hospital; the next statement says what holds instead
ALTER TABLE identity.session DROP CONSTRAINT session_check;
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ADD CONSTRAINT session_is_of_a_duty CHECK (
    (subject_kind = 'staff') = (role IS NOT NULL)
    AND (subject_kind = 'staff') = (duty_id IS NOT NULL)
    AND (hospital_id IS NULL OR subject_kind = 'staff'));
GRANT UPDATE (last_seen_at) ON identity.session TO firsthand_app;
