-- An emergency access: a member of staff opens, for minutes and with a reason, the record of a person whom his scope
-- does not show. Somebody else says afterwards whether that was justified, once.
CREATE TABLE directory.break_glass (
    id           uuid PRIMARY KEY,
    staff_id     uuid NOT NULL REFERENCES directory.staff,
    hospital_id  uuid NOT NULL REFERENCES directory.hospital,
    person_id    uuid NOT NULL REFERENCES directory.person,
    found_by     text NOT NULL CHECK (found_by IN ('document', 'phone')),
    reason       bytea NOT NULL,
    opened_at    timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    reviewed_by  uuid REFERENCES directory.staff,
    reviewed_at  timestamptz,
    justified    boolean,
    words        bytea,
    CHECK (expires_at > opened_at AND expires_at <= opened_at + interval '1 hour'),
    CONSTRAINT break_glass_reviewed_by_another CHECK (reviewed_by <> staff_id),
    CHECK (reviewed_at >= opened_at),
    CHECK ((reviewed_by IS NULL) = (reviewed_at IS NULL)),
    CHECK ((reviewed_by IS NULL) = (justified IS NULL)),
    CHECK ((reviewed_by IS NULL) = (words IS NULL))
);
CREATE INDEX break_glass_waiting ON directory.break_glass (hospital_id, opened_at) WHERE reviewed_at IS NULL;
CREATE INDEX break_glass_of_person ON directory.break_glass (person_id);
CREATE INDEX break_glass_recent ON directory.break_glass (opened_at DESC);
GRANT SELECT, INSERT, DELETE ON directory.break_glass TO firsthand_app;
GRANT UPDATE (reviewed_by, reviewed_at, justified, words) ON directory.break_glass TO firsthand_app;

CREATE FUNCTION directory.refuse_second_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an emergency access is reviewed once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER break_glass_is_reviewed_once BEFORE UPDATE OF reviewed_by, reviewed_at, justified, words
    ON directory.break_glass FOR EACH ROW WHEN (OLD.reviewed_at IS NOT NULL)
    EXECUTE FUNCTION directory.refuse_second_review();

-- The feed says what there is; a hospital's administrator says how it is called and reached. by_hand: the columns of
-- the hospital that no import changes. shown_as: how a department or doctor is called instead of by the feed's name, by
-- which the next import knows it. retired_at: no longer listed, until an import names it again.
-- lint: allow hospitals are few
ALTER TABLE directory.hospital ADD COLUMN by_hand text[] NOT NULL DEFAULT '{}'
    CHECK (by_hand <@ ARRAY['name', 'address', 'phone', 'url']);
-- lint: allow departments are few
ALTER TABLE directory.department ADD COLUMN shown_as text CHECK (shown_as <> '');
-- lint: allow departments are few
ALTER TABLE directory.department ADD COLUMN retired_at timestamptz;
-- lint: allow doctors are few
ALTER TABLE directory.doctor ADD COLUMN shown_as text CHECK (shown_as <> '');
-- lint: allow doctors are few
ALTER TABLE directory.doctor ADD COLUMN retired_at timestamptz;
GRANT UPDATE (by_hand) ON directory.hospital TO firsthand_app;
GRANT UPDATE (shown_as, retired_at) ON directory.department, directory.doctor TO firsthand_app;

CREATE OR REPLACE VIEW directory.department_entry AS
SELECT id, hospital_id, coalesce(shown_as, name) AS name FROM directory.department;
CREATE OR REPLACE VIEW directory.doctor_entry AS
SELECT id, hospital_id, coalesce(shown_as, name) AS name FROM directory.doctor;

-- Reading the record. The application cannot select lines; it asks this function, which first writes the line of the
-- reading itself: whoever takes the application over can read no line without leaving one. A page at a time, newest
-- first, below a line's number.
CREATE FUNCTION audit.read_lines(
    reader_id uuid, reader_kind text, reader_channel text, reader_request text, reader_hospital uuid,
    reader_detail jsonb, read_at timestamptz, since timestamptz, until timestamptz, of_action text, of_outcome text,
    of_actor uuid, of_person uuid, of_hospital uuid, below bigint, most integer)
RETURNS TABLE (n bigint, at timestamptz, actor_kind text, actor_id uuid, channel text, request_id text, action text,
               outcome text, hospital_id uuid, subject_id uuid, person_id uuid, purpose text, detail text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO audit.line (at, actor_kind, actor_id, channel, request_id, action, outcome, hospital_id, person_id,
                            detail)
    VALUES (read_at, reader_kind, reader_id, reader_channel, reader_request, 'audit.read_lines', 'done',
            reader_hospital, of_person, reader_detail);
    RETURN QUERY
    SELECT line.n, line.at, line.actor_kind, line.actor_id, line.channel, line.request_id, line.action, line.outcome,
           line.hospital_id, line.subject_id, line.person_id, line.purpose, line.detail::text
    FROM audit.line
    WHERE (below IS NULL OR line.n < below)
      AND (since IS NULL OR line.at >= since) AND (until IS NULL OR line.at < until)
      AND (of_action IS NULL OR line.action = of_action) AND (of_outcome IS NULL OR line.outcome = of_outcome)
      AND (of_actor IS NULL OR line.actor_id = of_actor) AND (of_person IS NULL OR line.person_id = of_person)
      AND (of_hospital IS NULL OR line.hospital_id = of_hospital)
    ORDER BY line.n DESC LIMIT least(most, 200);
END $$;
REVOKE EXECUTE ON FUNCTION audit.read_lines(
    uuid, text, text, text, uuid, jsonb, timestamptz, timestamptz, timestamptz, text, text, uuid, uuid, uuid, bigint,
    integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.read_lines(
    uuid, text, text, text, uuid, jsonb, timestamptz, timestamptz, timestamptz, text, text, uuid, uuid, uuid, bigint,
    integer) TO firsthand_app;

-- How far the record is sealed: the size and the time of the last signed state, and nothing else of it.
CREATE VIEW audit.sealed AS SELECT size, sealed_at FROM audit.checkpoint ORDER BY size DESC LIMIT 1;
GRANT SELECT ON audit.sealed TO firsthand_app;
