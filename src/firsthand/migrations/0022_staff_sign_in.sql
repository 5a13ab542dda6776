-- What a member of staff is told of his own sign-in, besides what `identity.sign_in_reset` keeps: passkeys that came and
-- went, one that seems to be copied, a changed password or app, and what an administrator took away. told_at: when he saw it after signing in.
CREATE TABLE identity.sign_in_news (
    id           uuid PRIMARY KEY,
    staff_id     uuid NOT NULL REFERENCES directory.staff,
    kind         text NOT NULL CHECK (kind IN ('passkey_added', 'passkey_removed', 'passkey_copied', 'password_changed',
                                               'app_set_up', 'codes_renewed', 'recovery_code_used', 'passkeys_taken',
                                               'sessions_ended')),
    by_staff_id  uuid REFERENCES directory.staff,
    made_at      timestamptz NOT NULL,
    told_at      timestamptz
);
CREATE INDEX sign_in_news_staff ON identity.sign_in_news (staff_id, made_at);
CREATE INDEX sign_in_news_time ON identity.sign_in_news (made_at);
GRANT SELECT, INSERT, DELETE ON identity.sign_in_news TO firsthand_app;
GRANT UPDATE (told_at) ON identity.sign_in_news TO firsthand_app;
