CREATE SCHEMA messages;
GRANT USAGE ON SCHEMA messages TO firsthand_app;

-- A message to a person. Address and body are sealed, because a body may hold a one-time code; a sender opens them.
-- person_id has no foreign key: a registration's code goes out before there is a person.
CREATE TABLE messages.message (
    id           uuid PRIMARY KEY,
    person_id    uuid,
    address      bytea NOT NULL,
    template     text NOT NULL,
    language     text NOT NULL CHECK (language IN ('zh-Hans', 'en')),
    body         bytea NOT NULL,
    event_key    text NOT NULL UNIQUE,
    state        text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed', 'discarded')),
    made_at      timestamptz NOT NULL,
    sent_at      timestamptz,
    CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX message_queued ON messages.message (made_at) WHERE state = 'queued';
CREATE INDEX message_recent ON messages.message (made_at DESC);
GRANT SELECT, INSERT ON messages.message TO firsthand_app;
GRANT UPDATE (state, sent_at) ON messages.message TO firsthand_app;
