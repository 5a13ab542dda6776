-- Roles are made by the launcher (with a password) or by the operator; where they are missing they are made here
-- without a login, and the owner may act as them.
DO $$
DECLARE role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['firsthand_app', 'firsthand_audit'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of the same server was migrated at the same moment
            END;
        END IF;
    END LOOP;
END $$;

CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO firsthand_app, firsthand_audit;

-- One line for each thing that was done or refused, written in the transaction that did it.
-- (xid, n) is the order in which the sealer puts lines into the log: it only takes transactions that have ended.
CREATE TABLE audit.line (
    n           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at          timestamptz NOT NULL,
    actor_kind  text NOT NULL CHECK (actor_kind IN ('person', 'staff', 'system', 'nobody')),
    actor_id    uuid,
    channel     text NOT NULL,
    request_id  text NOT NULL,
    action      text NOT NULL,
    outcome     text NOT NULL,
    hospital_id uuid,
    subject_id  uuid,
    person_id   uuid,
    purpose     text,
    detail      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX line_order ON audit.line (xid, n);

-- The leaves of the RFC 6962 log: position, the line it seals, and the line's leaf hash.
CREATE TABLE audit.leaf (
    position  bigint PRIMARY KEY CHECK (position >= 0),
    line_n    bigint NOT NULL UNIQUE,
    line_xid  xid8 NOT NULL,
    hash      bytea NOT NULL CHECK (length(hash) = 32)
);

-- What was signed. The same notes are kept outside the database, where its owner cannot change them.
-- frontier: the hashes from which the log grows on (merkle.Frontier).
CREATE TABLE audit.checkpoint (
    size      bigint PRIMARY KEY CHECK (size > 0),
    root      bytea NOT NULL CHECK (length(root) = 32),
    frontier  bytea[] NOT NULL,
    sealed_at timestamptz NOT NULL,
    note      text NOT NULL
);

-- How far the sealer is behind: two figures that anyone may watch, and nothing of the lines themselves.
-- Counting stops at 100,000, so that watching stays cheap when it matters most.
CREATE VIEW audit.unsealed AS
SELECT count(*) AS lines, min(at) AS oldest_at
FROM (
    SELECT line.at
    FROM audit.line
    WHERE (line.xid, line.n) > (
        coalesce((SELECT line_xid FROM audit.leaf ORDER BY position DESC LIMIT 1), '0'::xid8),
        coalesce((SELECT line_n FROM audit.leaf ORDER BY position DESC LIMIT 1), (-9223372036854775808)::bigint))
    ORDER BY line.xid, line.n
    LIMIT 100000
) AS tail;

-- The application may only add lines. It supplies neither their number nor their transaction, so that whoever takes
-- the application over cannot slip a line in among earlier ones.
GRANT INSERT (at, actor_kind, actor_id, channel, request_id, action, outcome, hospital_id, subject_id, person_id,
              purpose, detail) ON audit.line TO firsthand_app;
GRANT SELECT ON audit.line TO firsthand_audit;
GRANT SELECT, INSERT ON audit.leaf, audit.checkpoint TO firsthand_audit;
GRANT SELECT ON audit.unsealed TO firsthand_app, firsthand_audit;
