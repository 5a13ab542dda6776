-- A policy that somebody wishes for. Only its end is ever written to it: what was proposed, by whom and from when on
-- cannot change after somebody else has read it. Staff live in a room below, so their ids have no foreign key here.
CREATE TABLE policy.proposal (
    id              uuid PRIMARY KEY,
    name            text NOT NULL,
    body            jsonb NOT NULL,
    effective_from  timestamptz NOT NULL,
    reason          text NOT NULL CHECK (reason <> ''),
    proposer_id     uuid NOT NULL,
    hospital_id     uuid,
    proposed_at     timestamptz NOT NULL,
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused', 'withdrawn')),
    decided_by      uuid,
    decided_at      timestamptz,
    answer          text,
    CHECK (effective_from > proposed_at),
    CHECK ((state = 'open') = (decided_by IS NULL)),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    -- Two people, whatever duties either of them has.
    CONSTRAINT proposal_decided_by_another CHECK (state NOT IN ('approved', 'refused') OR decided_by <> proposer_id),
    CONSTRAINT proposal_withdrawn_by_proposer CHECK (state <> 'withdrawn' OR decided_by = proposer_id)
);
CREATE INDEX proposal_recent ON policy.proposal (proposed_at DESC);
GRANT SELECT, INSERT ON policy.proposal TO firsthand_app;
GRANT UPDATE (state, decided_by, decided_at, answer) ON policy.proposal TO firsthand_app;

CREATE FUNCTION policy.refuse_second_decision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a proposal that was decided stays so' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER proposal_is_decided_once BEFORE UPDATE ON policy.proposal
    FOR EACH ROW WHEN (OLD.state <> 'open') EXECUTE FUNCTION policy.refuse_second_decision();

-- Where a version came from. The first ones are shipped; every later one was approved.
-- lint: allow a policy has a handful of versions
ALTER TABLE policy.version ADD COLUMN proposal_id uuid UNIQUE REFERENCES policy.proposal;

-- In a live database the application cannot make a rule of anything that two people did not agree on.
CREATE FUNCTION policy.refuse_unapproved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.proposal_id IS NULL THEN
        IF current_user = 'firsthand_app' AND EXISTS (SELECT FROM platform.deployment WHERE kind = 'live') THEN
            RAISE EXCEPTION 'a version of a policy needs an approved proposal' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT EXISTS (
        SELECT FROM policy.proposal
        WHERE proposal.id = NEW.proposal_id AND proposal.state = 'approved' AND proposal.name = NEW.name
          AND proposal.body = NEW.body AND proposal.effective_from = NEW.effective_from
    ) THEN
        RAISE EXCEPTION 'a version is what was approved, and nothing else' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_is_approved BEFORE INSERT ON policy.version
    FOR EACH ROW EXECUTE FUNCTION policy.refuse_unapproved();

INSERT INTO policy.version (name, effective_from, body, source) VALUES (
    'change', '2020-01-01T00:00:00Z', '{"notice_hours": 24}', 'docs/decisions/0015-policies-by-two.md'
), (
    'rights', '2020-01-01T00:00:00Z',
    '{"answer_days": 15, "cooling_days": 7, "fresh_minutes": 15, "exports_a_day_max": 5, "requests_open_max": 5}',
    'docs/decisions/0016-retention-and-rights.md'
);

-- Somebody who wished to be forgotten stays as an anonymised row, because what happened names him by its id. When
-- nothing names it any more, it goes too. His documents go at once, so that he can register anew.
GRANT DELETE ON directory.person, identity.document, identity.passkey_owner TO firsthand_app;
-- lint: allow nearly empty
CREATE INDEX person_anonymised_at ON directory.person (anonymised_at) WHERE state = 'anonymised';

-- What a person asks of those who hold his data: to correct it, not to use it in some way, to erase it.
-- hospital_id: who is to answer; NULL is the city's own office.
CREATE TABLE directory.request (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES directory.person,
    hospital_id  uuid REFERENCES directory.hospital,
    kind         text NOT NULL CHECK (kind IN ('correction', 'objection', 'deletion')),
    about        text NOT NULL,
    words        bytea,
    state        text NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'withdrawn', 'cooling', 'erased')),
    filed_at     timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    answered_by  uuid REFERENCES directory.staff,
    answer       bytea,
    ended_at     timestamptz,
    CHECK ((state IN ('open', 'cooling')) = (ended_at IS NULL)),
    CHECK ((state IN ('granted', 'refused')) = (answered_by IS NOT NULL)),
    -- A deletion waits for its day and is then carried out; everything else waits for an answer.
    CHECK (CASE kind WHEN 'deletion' THEN state IN ('cooling', 'withdrawn', 'erased')
                     ELSE state IN ('open', 'granted', 'refused', 'withdrawn', 'erased') END)
);
CREATE UNIQUE INDEX request_one_deletion ON directory.request (person_id) WHERE state = 'cooling';
CREATE INDEX request_of_person ON directory.request (person_id, filed_at DESC);
CREATE INDEX request_waiting ON directory.request (due_at) WHERE state IN ('open', 'cooling');
CREATE INDEX request_ended ON directory.request (ended_at) WHERE ended_at IS NOT NULL;
GRANT SELECT, INSERT, DELETE ON directory.request TO firsthand_app;
GRANT UPDATE (state, due_at, words, answered_by, answer, ended_at) ON directory.request TO firsthand_app;

-- Retention. Messages go when their time is over. Bookings and check-ins can be removed by these functions alone, and
-- in a live database only long after their session: whoever takes the application over can remove nothing recent.
GRANT DELETE ON messages.message TO firsthand_app;

CREATE FUNCTION platform.erasable_before() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM platform.deployment WHERE kind = 'live')
                THEN now() - interval '1 year' ELSE 'infinity' END
$$;

CREATE FUNCTION arrival.erase_check_ins(booking_ids uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH gone AS (
        DELETE FROM arrival.check_in USING booking.booking, release.session
        WHERE check_in.booking_id = ANY(booking_ids) AND booking.id = check_in.booking_id
          AND session.id = booking.session_id AND session.ends_at < platform.erasable_before()
        RETURNING check_in.booking_id
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION booking.erase_bookings(booking_ids uuid[]) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH gone AS (
        DELETE FROM booking.booking USING release.session
        WHERE booking.id = ANY(booking_ids)
          AND session.id = booking.session_id AND session.ends_at < platform.erasable_before()
        RETURNING booking.id
    )
    SELECT count(*) FROM gone
$$;
REVOKE EXECUTE ON FUNCTION arrival.erase_check_ins(uuid[]), booking.erase_bookings(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION arrival.erase_check_ins(uuid[]), booking.erase_bookings(uuid[]) TO firsthand_app;

-- Who of the staff looked at a person's record: the one thing that the application may read of the audit record, one
-- person at a time, so that it can be told to this person. Lines of persons themselves stay out of the index, which
-- keeps it off the path on which people book.
-- lint: allow lines of staff are few, and are counted in millions after years alone
CREATE INDEX line_of_staff ON audit.line (person_id, at DESC) WHERE actor_kind = 'staff' AND person_id IS NOT NULL;

CREATE FUNCTION audit.looks_at(persons uuid[], most integer)
RETURNS TABLE (at timestamptz, actor_id uuid, hospital_id uuid, channel text, action text, outcome text, purpose text,
               role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT line.at, line.actor_id, line.hospital_id, line.channel, line.action, line.outcome, line.purpose,
           line.detail ->> 'role'
    FROM audit.line
    WHERE line.person_id = ANY(persons) AND line.actor_kind = 'staff'
    ORDER BY line.at DESC, line.n DESC LIMIT least(most, 500)
$$;
REVOKE EXECUTE ON FUNCTION audit.looks_at(uuid[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.looks_at(uuid[], integer) TO firsthand_app;
