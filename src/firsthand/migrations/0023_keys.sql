-- Which keys this database knows, and none of the keys: for each its id and a keyed hash by which it is known again.
-- A keyring that lacks one that is in use is refused before anything is sealed or read with it: an older one that was
-- put back, or another deployment's. Written by the owner's commands alone.
CREATE TABLE platform.known_key (
    kind        text NOT NULL CHECK (kind IN ('sealing', 'index')),
    key_id      bytea NOT NULL CHECK (length(key_id) = 4),
    proof       bytea NOT NULL CHECK (length(proof) = 32),
    known_at    timestamptz NOT NULL DEFAULT now(),
    retired_at  timestamptz,
    -- Given up: values under it stay, and nobody can open them.
    lost_at     timestamptz CHECK (lost_at IS NULL OR retired_at IS NOT NULL),
    PRIMARY KEY (kind, key_id)
);
GRANT SELECT ON platform.known_key TO firsthand_app;
