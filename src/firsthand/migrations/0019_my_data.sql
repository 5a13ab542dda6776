-- Who looked. The lines that tell a person what others did with his data are found by this index, and the others of the
-- record are not in it: whoever books for himself, as nearly everybody does in the release minute, adds nothing to it.
-- The two actions named are shown to a person although he did them: somebody else may have sat at his phone.
-- lint: allow a migration holds writers up while it runs; of a hundred million lines it reads each once, in minutes
CREATE INDEX line_of_person ON audit.line (person_id, n)
    WHERE person_id IS NOT NULL
      AND (actor_kind = 'staff' OR (actor_kind = 'person' AND actor_id <> person_id)
           OR action IN ('identity.document_read', 'account.export_data'));

-- The application cannot select lines. Of those that concern one person it gets by this function what he may see of
-- them, and no more: not the request, not the detail, not what else the line names. As audit.read_lines does, it first
-- writes the line of the reading itself. people: every record of the one person, the one that is kept first.
CREATE FUNCTION audit.looks_at(
    reader_id uuid, reader_kind text, reader_channel text, reader_request text, read_at timestamptz, people uuid[],
    below bigint, most integer)
RETURNS TABLE (n bigint, at timestamptz, actor_kind text, actor_id uuid, channel text, action text, outcome text,
               hospital_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO audit.line (at, actor_kind, actor_id, channel, request_id, action, outcome, person_id)
    VALUES (read_at, reader_kind, reader_id, reader_channel, reader_request, 'audit.looks_at', 'done', people[1]);
    RETURN QUERY
    SELECT line.n, line.at, line.actor_kind, line.actor_id, line.channel, line.action, line.outcome, line.hospital_id
    FROM audit.line
    WHERE line.person_id = ANY(people) AND line.person_id IS NOT NULL
      AND (actor_kind = 'staff' OR (actor_kind = 'person' AND actor_id <> person_id)
           OR action IN ('identity.document_read', 'account.export_data'))
      -- What he did under a record that is merged into his is not another's deed.
      AND NOT (line.actor_kind = 'person' AND line.actor_id = ANY(people)
               AND line.action NOT IN ('identity.document_read', 'account.export_data'))
      AND (below IS NULL OR line.n < below)
    ORDER BY line.n DESC LIMIT least(most, 2001);
END $$;
REVOKE EXECUTE ON FUNCTION audit.looks_at(uuid, text, text, text, timestamptz, uuid[], bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.looks_at(uuid, text, text, text, timestamptz, uuid[], bigint, integer)
    TO firsthand_app;

-- By these a person's own page finds his rows.
-- lint: allow messages are kept for 90 days, and the index of them is made in minutes
CREATE INDEX message_of_person ON messages.message (person_id, made_at DESC) WHERE person_id IS NOT NULL;
-- lint: allow corrections are few
CREATE INDEX correction_other ON directory.correction (other_id) WHERE other_id IS NOT NULL;
-- Of a payer who is neither the patient nor who took the place. There are few, and nobody else's booking is in it.
-- lint: allow next to no booking is in it; making it reads each once
CREATE INDEX booking_of_payer ON booking.booking (payer_id) WHERE payer_id <> patient_id AND payer_id <> holder_id;
