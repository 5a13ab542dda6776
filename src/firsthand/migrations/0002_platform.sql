CREATE SCHEMA platform;
GRANT USAGE ON SCHEMA platform TO firsthand_app;

-- Work that an action leaves behind in its own transaction. The worker drains it into the job queue.
CREATE TABLE platform.outbox (
    n        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task     text NOT NULL,
    args     jsonb NOT NULL,
    made_at  timestamptz NOT NULL
);
GRANT SELECT, INSERT, DELETE ON platform.outbox TO firsthand_app;
-- SELECT ... FOR UPDATE, by which workers take rows apart, asks for the UPDATE privilege on one column.
GRANT UPDATE (made_at) ON platform.outbox TO firsthand_app;

-- The first answer to each idempotency key, written in the transaction that gave it.
CREATE TABLE platform.idempotency (
    principal    uuid NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32),
    answer       bytea NOT NULL,
    answered_at  timestamptz NOT NULL,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_age ON platform.idempotency (answered_at);
GRANT SELECT, INSERT, DELETE ON platform.idempotency TO firsthand_app;

-- Attempts at things that must not be tried often (codes, passwords), counted by a keyed hash of who or where.
CREATE TABLE platform.attempt (
    bucket      text NOT NULL,
    subject     bytea NOT NULL,
    window_at   timestamptz NOT NULL,
    count       integer NOT NULL CHECK (count > 0),
    PRIMARY KEY (bucket, subject, window_at)
);
CREATE INDEX attempt_age ON platform.attempt (window_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON platform.attempt TO firsthand_app;

-- What this database is for, said once when it is made. Demo accounts and the simulated clock exist only where it
-- says 'demo', and no setting can turn a live database into one.
CREATE TABLE platform.deployment (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    kind     text NOT NULL CHECK (kind IN ('live', 'demo')),
    made_at  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON platform.deployment TO firsthand_app;
