-- How staff prove who they are besides by a password: a second factor, recovery codes, a hospital's own sign-in.
GRANT UPDATE (phc, changed_at) ON identity.password TO firsthand_app;

-- A member of staff's authenticator app (RFC 6238). The secret is sealed. last_step: the latest time step whose code
-- was used; a code of this step or an earlier one is refused.
CREATE TABLE identity.totp (
    staff_id   uuid PRIMARY KEY REFERENCES directory.staff,
    secret     bytea NOT NULL,
    last_step  bigint NOT NULL,
    added_at   timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON identity.totp TO firsthand_app;
GRANT UPDATE (last_step) ON identity.totp TO firsthand_app;

-- A secret that was shown and not confirmed by a code yet. holder: the hash of the sign-in step's or session's token,
-- so that two browsers which enrol at once never see each other's secret.
CREATE TABLE identity.totp_enrolment (
    holder      bytea PRIMARY KEY CHECK (length(holder) = 32),
    staff_id    uuid NOT NULL REFERENCES directory.staff,
    secret      bytea NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX totp_enrolment_expiry ON identity.totp_enrolment (expires_at);
CREATE INDEX totp_enrolment_staff ON identity.totp_enrolment (staff_id);
GRANT SELECT, INSERT, DELETE ON identity.totp_enrolment TO firsthand_app;

-- What signs in instead of the app, once each. Kept as keyed hashes.
CREATE TABLE identity.recovery_code (
    staff_id   uuid NOT NULL REFERENCES directory.staff,
    code_hash  bytea NOT NULL CHECK (length(code_hash) = 32),
    made_at    timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (staff_id, code_hash)
);
GRANT SELECT, INSERT, DELETE ON identity.recovery_code TO firsthand_app;
GRANT UPDATE (used_at) ON identity.recovery_code TO firsthand_app;

-- A sign-in that stands between the first proof and the second. It opens no page.
CREATE TABLE identity.sign_in_step (
    token_hash  bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    staff_id    uuid NOT NULL REFERENCES directory.staff,
    need        text NOT NULL CHECK (need IN ('second_factor', 'enrolment')),
    expires_at  timestamptz NOT NULL,
    tries_left  smallint NOT NULL CHECK (tries_left >= 0)
);
CREATE INDEX sign_in_step_expiry ON identity.sign_in_step (expires_at);
CREATE INDEX sign_in_step_staff ON identity.sign_in_step (staff_id);
GRANT SELECT, INSERT, DELETE ON identity.sign_in_step TO firsthand_app;
GRANT UPDATE (tries_left) ON identity.sign_in_step TO firsthand_app;

-- What an administrator did to somebody's sign-in: took his second factor away, or handed him a link to set it up anew.
-- told_at: when he saw it. A link's token is kept as its hash, holds until expires_at and is used once.
CREATE TABLE identity.sign_in_reset (
    id           uuid PRIMARY KEY,
    staff_id     uuid NOT NULL REFERENCES directory.staff,
    kind         text NOT NULL CHECK (kind IN ('second_factor', 'link')),
    by_staff_id  uuid REFERENCES directory.staff,
    made_at      timestamptz NOT NULL,
    token_hash   bytea UNIQUE CHECK (length(token_hash) = 32),
    expires_at   timestamptz,
    used_at      timestamptz,
    told_at      timestamptz,
    CHECK ((kind = 'link') = (token_hash IS NOT NULL AND expires_at IS NOT NULL))
);
CREATE INDEX sign_in_reset_staff ON identity.sign_in_reset (staff_id);
CREATE INDEX sign_in_reset_time ON identity.sign_in_reset (made_at);
GRANT SELECT, INSERT, DELETE ON identity.sign_in_reset TO firsthand_app;
GRANT UPDATE (used_at, told_at) ON identity.sign_in_reset TO firsthand_app;
