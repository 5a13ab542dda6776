-- A hospital's own sign-in (OpenID Connect). hospital_id: whose it is, none for the city's own. acr, amr: how strongly
-- it must say that somebody proved himself. It can be used once it was tried as it stands (tested_at).
CREATE TABLE identity.oidc_provider (
    id             uuid PRIMARY KEY,
    hospital_id    uuid REFERENCES directory.hospital,
    issuer         text NOT NULL CHECK (length(issuer) BETWEEN 1 AND 255),
    client_id      text NOT NULL CHECK (length(client_id) BETWEEN 1 AND 255),
    client_secret  bytea NOT NULL,
    claim          text NOT NULL CHECK (length(claim) BETWEEN 1 AND 100),
    acr            text[] NOT NULL,
    amr            text[] NOT NULL,
    algorithms     text[] NOT NULL CHECK (cardinality(algorithms) > 0 AND algorithms <@ ARRAY['RS256', 'PS256', 'ES256']),
    enabled        boolean NOT NULL,
    tested_at      timestamptz,
    made_by        uuid REFERENCES directory.staff,
    made_at        timestamptz NOT NULL,
    changed_by     uuid REFERENCES directory.staff,
    changed_at     timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (hospital_id),
    CHECK (cardinality(acr) + cardinality(amr) > 0),
    CHECK (tested_at IS NOT NULL OR NOT enabled)
);
GRANT SELECT, INSERT ON identity.oidc_provider TO firsthand_app;
GRANT UPDATE (issuer, client_id, client_secret, claim, acr, amr, algorithms, enabled, tested_at, changed_by, changed_at)
    ON identity.oidc_provider TO firsthand_app;

-- Whose account at a provider is whose. The subject is sealed, and found by a keyed hash. told_at: when the member saw
-- that somebody else had linked him.
CREATE TABLE identity.oidc_link (
    provider_id    uuid NOT NULL REFERENCES identity.oidc_provider,
    staff_id       uuid NOT NULL REFERENCES directory.staff,
    subject        bytea NOT NULL,
    subject_index  bytea NOT NULL CHECK (length(subject_index) = 32),
    linked_by      uuid REFERENCES directory.staff,
    linked_at      timestamptz NOT NULL,
    told_at        timestamptz,
    PRIMARY KEY (provider_id, staff_id),
    UNIQUE (provider_id, subject_index)
);
CREATE INDEX oidc_link_staff ON identity.oidc_link (staff_id);
GRANT SELECT, INSERT, DELETE ON identity.oidc_link TO firsthand_app;
GRANT UPDATE (told_at) ON identity.oidc_link TO firsthand_app;

-- A browser that was sent to a provider, until it comes back, once. holder: the hash of the token of the session that
-- asks for it, where it is not to sign in.
CREATE TABLE identity.oidc_start (
    state_hash    bytea PRIMARY KEY CHECK (length(state_hash) = 32),
    browser_hash  bytea NOT NULL CHECK (length(browser_hash) = 32),
    provider_id   uuid NOT NULL REFERENCES identity.oidc_provider,
    purpose       text NOT NULL CHECK (purpose IN ('sign_in', 'link', 'again')),
    holder        bytea CHECK (length(holder) = 32),
    nonce_hash    bytea NOT NULL CHECK (length(nonce_hash) = 32),
    verifier      bytea NOT NULL,
    leads_to      text NOT NULL,
    begun_at      timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    CHECK ((purpose = 'sign_in') = (holder IS NULL))
);
CREATE INDEX oidc_start_expiry ON identity.oidc_start (expires_at);
CREATE INDEX oidc_start_provider ON identity.oidc_start (provider_id);
GRANT SELECT, INSERT, DELETE ON identity.oidc_start TO firsthand_app;

-- lint: allow one more method; the next statement says what holds instead
ALTER TABLE identity.session DROP CONSTRAINT session_method_check;
-- lint: allow sessions live for some hours, so they are few
ALTER TABLE identity.session ADD CONSTRAINT session_method_check
    CHECK (method IN ('code', 'passkey', 'password', 'password_totp', 'recovery_code', 'oidc'));
