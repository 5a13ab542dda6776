-- Messages by SMS or e-mail, with what became of them: until when they wait, how often they were tried, and why not.
-- due_at: when it may first go out (the end of quiet hours, else made_at). send_after: not before; NULL where a job has
-- it. expires_at: after this nobody wants it any more. event: an appointment for a calendar, sealed.
ALTER TABLE messages.message  -- lint: allow added columns without a default that is computed: no row is rewritten
    ADD COLUMN way         text NOT NULL DEFAULT 'sms' CHECK (way IN ('sms', 'email')),
    ADD COLUMN event       bytea,
    ADD COLUMN due_at      timestamptz,
    ADD COLUMN send_after  timestamptz,
    ADD COLUMN expires_at  timestamptz,
    ADD COLUMN attempts    integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    ADD COLUMN tried_at    timestamptz,
    ADD COLUMN last_error  text,
    ADD COLUMN gateway_id  text CHECK (length(gateway_id) <= 200),
    ADD COLUMN settled_at  timestamptz,
    DROP CONSTRAINT message_state_check,  -- lint: allow a wider one takes its place in the same statement
    DROP CONSTRAINT message_check,  -- lint: allow the same
    ADD CONSTRAINT message_state_check CHECK
        (state IN ('queued', 'sent', 'delivered', 'failed', 'gave_up', 'discarded')) NOT VALID,
    ADD CONSTRAINT message_sent_check CHECK (state NOT IN ('sent', 'delivered') OR sent_at IS NOT NULL) NOT VALID;

-- lint: allow only the few that wait for a later moment are in it
CREATE INDEX message_waiting ON messages.message (send_after) WHERE state = 'queued' AND send_after IS NOT NULL;

GRANT UPDATE (send_after, attempts, tried_at, last_error, gateway_id, settled_at) ON messages.message TO firsthand_app;
-- Old messages are erased by retention.
GRANT DELETE ON messages.message TO firsthand_app;

INSERT INTO policy.version (name, effective_from, body, source) VALUES (
    'messages', '2020-01-01T00:00:00Z',
    '{"quiet_from": "22:00:00", "quiet_until": "07:00:00", "time_zone": "Asia/Shanghai", "exempt": ["email_changed", "emergency_access", "phone_changed", "phone_changed_online", "passkey_added",
                 "passkey_removed", "passkey_copied", "document_added", "document_corrected", "registered_at_desk"]}',
    'docs/decisions/0014-messages.md'
);
