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

-- Turning the sealing key over writes the same words under another key. What was reviewed, or lapsed, stays as it is but
-- for that: the owner alone, and nothing but the first 65 bytes of the value (version, key id and wrapped data key).
CREATE OR REPLACE FUNCTION directory.refuse_second_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')
       AND (NEW.reviewed_by, NEW.reviewed_at, NEW.justified, NEW.lapsed_at, substring(NEW.words FROM 66))
           IS NOT DISTINCT FROM
           (OLD.reviewed_by, OLD.reviewed_at, OLD.justified, OLD.lapsed_at, substring(OLD.words FROM 66)) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an emergency access is reviewed once' USING ERRCODE = 'check_violation';
END $$;
