CREATE SCHEMA messages;
GRANT USAGE ON SCHEMA messages TO firsthand_app;

-- A message to a person. The body is sealed, because it may hold a one-time code; a sender opens it.
CREATE TABLE messages.message (
    id           uuid PRIMARY KEY,
    person_id    uuid,
    address      bytea NOT NULL,
    template     text NOT NULL,
    language     text NOT NULL CHECK (language IN ('zh-Hans', 'en')),
    body         bytea NOT NULL,
    event_key    text NOT NULL UNIQUE,
    state        text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed')),
    made_at      timestamptz NOT NULL,
    sent_at      timestamptz
);
CREATE INDEX message_recent ON messages.message (made_at DESC);
GRANT SELECT, INSERT ON messages.message TO firsthand_app;
GRANT UPDATE (state, sent_at) ON messages.message TO firsthand_app;
