-- A person or a member of staff as his passkeys know him: a random handle, which says nothing of who he is.
CREATE TABLE identity.passkey_owner (
    subject_kind  text NOT NULL CHECK (subject_kind IN ('person', 'staff')),
    subject_id    uuid NOT NULL,
    handle        bytea NOT NULL UNIQUE CHECK (length(handle) = 32),
    PRIMARY KEY (subject_kind, subject_id)
);

-- A passkey. The private key never leaves its owner's device; `name` is what he calls it, and sealed.
CREATE TABLE identity.passkey (
    id             uuid PRIMARY KEY,
    credential_id  bytea NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1023),
    subject_kind   text NOT NULL,
    subject_id     uuid NOT NULL,
    public_key     bytea NOT NULL,
    sign_count     bigint NOT NULL CHECK (sign_count >= 0),
    name           bytea NOT NULL,
    backed_up      boolean NOT NULL,
    created_at     timestamptz NOT NULL,
    last_used_at   timestamptz,
    FOREIGN KEY (subject_kind, subject_id) REFERENCES identity.passkey_owner
);
CREATE INDEX passkey_subject ON identity.passkey (subject_kind, subject_id);

-- A challenge that a passkey is to answer, once. bound_to: a keyed hash of the browser that asked for it.
CREATE TABLE identity.passkey_challenge (
    id            uuid PRIMARY KEY,
    ceremony      text NOT NULL CHECK (ceremony IN ('add', 'sign_in')),
    subject_kind  text NOT NULL CHECK (subject_kind IN ('person', 'staff')),
    subject_id    uuid,
    challenge     bytea NOT NULL CHECK (length(challenge) = 32),
    bound_to      bytea NOT NULL CHECK (length(bound_to) = 32),
    expires_at    timestamptz NOT NULL,
    CHECK (ceremony = 'sign_in' OR subject_id IS NOT NULL)
);
CREATE INDEX passkey_challenge_expiry ON identity.passkey_challenge (expires_at);

GRANT SELECT, INSERT ON identity.passkey_owner, identity.passkey, identity.passkey_challenge TO firsthand_app;
-- SELECT ... FOR UPDATE, under which a subject's passkeys are counted, asks for the UPDATE privilege on one column.
GRANT UPDATE (subject_kind) ON identity.passkey_owner TO firsthand_app;
GRANT UPDATE (sign_count, name, backed_up, last_used_at) ON identity.passkey TO firsthand_app;
GRANT DELETE ON identity.passkey, identity.passkey_challenge TO firsthand_app;

-- Under which count of wrong entries a code's entries fall: a keyed hash of the number that it was asked for, and of the
-- browser where that one is known. Codes of the earlier version live for five minutes, and count by themselves alone.
-- lint: allow codes live for five minutes, so the table is small
ALTER TABLE identity.one_time_code ADD COLUMN counted_as bytea CHECK (length(counted_as) = 32);

-- Work that a browser has shown, so that it counts once.
CREATE TABLE identity.spent_proof (
    proof       bytea PRIMARY KEY CHECK (length(proof) = 32),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX spent_proof_expiry ON identity.spent_proof (expires_at);
GRANT SELECT, INSERT, DELETE ON identity.spent_proof TO firsthand_app;

-- Whether signing in is under attack, so that browsers are asked for work. One row; what is counted decides it.
CREATE TABLE identity.sign_in_guard (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    is_on       boolean NOT NULL,
    changed_at  timestamptz NOT NULL
);
GRANT SELECT ON identity.sign_in_guard TO firsthand_app;
GRANT UPDATE (is_on, changed_at) ON identity.sign_in_guard TO firsthand_app;
INSERT INTO identity.sign_in_guard (is_on, changed_at) VALUES (false, '2020-01-01T00:00:00Z');

INSERT INTO policy.version (name, effective_from, body, source) VALUES (
    'sign_in', '2020-01-01T00:00:00Z',
    '{"window_seconds": 300, "guard_on_requests": 60000, "guard_on_failures": 6000, "guard_off_percent": 50,
      "sign_in_messages_max": 200000, "registration_messages_max": 30000}',
    'docs/decisions/0017-signing-in.md'
);
