-- What a person asks about his own data: to have it put right, not to have it used so, to have his account deleted.
-- hospital_id: whom he asks; NULL asks whoever runs the city. words, answer: sealed, and erased with the account.
-- runs_from: the earliest instant at which a deletion is carried out; the worker moves it while bookings still count.
CREATE TABLE directory.request (
    id           uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES directory.person,
    kind         text NOT NULL CHECK (kind IN ('correction', 'objection', 'deletion')),
    about        text NOT NULL CHECK (about IN ('name', 'birth', 'document', 'look', 'emergency', 'record', 'other',
                                                'account')),
    hospital_id  uuid REFERENCES directory.hospital,
    words        bytea,
    state        text NOT NULL CHECK (state IN ('asked', 'withdrawn', 'granted', 'refused', 'done')),
    asked_at     timestamptz NOT NULL,
    due_at       timestamptz NOT NULL CHECK (due_at > asked_at),
    runs_from    timestamptz,
    ended_at     timestamptz,
    decided_by   uuid REFERENCES directory.staff,
    answer       bytea,
    CHECK ((kind = 'deletion') = (runs_from IS NOT NULL)),
    CHECK ((kind = 'deletion') = (about = 'account')),
    CHECK (kind <> 'deletion' OR (hospital_id IS NULL AND words IS NULL)),
    CHECK (runs_from >= asked_at + interval '7 days'),
    CHECK ((state = 'asked') = (ended_at IS NULL)),
    CHECK ((state IN ('granted', 'refused')) = (decided_by IS NOT NULL)),
    CHECK (answer IS NULL OR decided_by IS NOT NULL),
    CHECK (kind <> 'deletion' OR state IN ('asked', 'withdrawn', 'done')),
    CHECK (state <> 'done' OR kind = 'deletion')
);
CREATE INDEX request_of_person ON directory.request (person_id, asked_at DESC);
CREATE INDEX request_queue ON directory.request (hospital_id, due_at) WHERE state = 'asked';
CREATE INDEX request_ended ON directory.request (ended_at) WHERE state <> 'asked';
CREATE UNIQUE INDEX request_one_deletion ON directory.request (person_id) WHERE kind = 'deletion' AND state = 'asked';
CREATE INDEX request_deletions ON directory.request (runs_from) WHERE kind = 'deletion' AND state = 'asked';
GRANT SELECT, INSERT, DELETE ON directory.request TO firsthand_app;
GRANT UPDATE (words, state, runs_from, ended_at, decided_by, answer) ON directory.request TO firsthand_app;

-- An answer is given once, and what was withdrawn or carried out is over.
CREATE FUNCTION directory.refuse_request_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a request that has ended stays as it ended' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER request_stays_ended BEFORE UPDATE OF state, runs_from, ended_at, decided_by ON directory.request
    FOR EACH ROW WHEN (OLD.state <> 'asked') EXECUTE FUNCTION directory.refuse_request_revival();

-- Whose account was deleted has no name here again, whatever the program does.
CREATE FUNCTION directory.refuse_person_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a person whose account was deleted stays so' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER person_stays_anonymous BEFORE UPDATE OF name, phone, phone_index, name_index, email, born_on,
    guardian_id, state, anonymised_at ON directory.person
    FOR EACH ROW WHEN (OLD.state = 'anonymised') EXECUTE FUNCTION directory.refuse_person_revival();

-- seen_at: until when somebody is known to have come, written only once that is looked at: when it, or the
-- registration, is as long ago as appointments are kept.
-- lint: allow a nullable column without a default changes no row
ALTER TABLE directory.person ADD COLUMN seen_at timestamptz;
GRANT UPDATE (seen_at) ON directory.person TO firsthand_app;
-- lint: allow a migration holds writers up while it runs; a city of 20 million people makes this in a minute
CREATE INDEX person_unseen ON directory.person ((coalesce(seen_at, created_at)))
    WHERE state = 'active' AND merged_into IS NULL;

-- What carers call a dependant goes with either's account.
GRANT UPDATE (label) ON directory.tie TO firsthand_app;

-- By which document somebody was known who acted for others until his account was deleted: for as long as his ties
-- count against a carer, whoever registers anew with that document begins with them.
CREATE TABLE directory.left_carer (
    mark         bytea NOT NULL CHECK (length(mark) = 32),
    person_id    uuid NOT NULL REFERENCES directory.person,
    erase_after  timestamptz NOT NULL,
    PRIMARY KEY (mark, person_id)
);
CREATE INDEX left_carer_term ON directory.left_carer (erase_after);
GRANT SELECT, INSERT, DELETE ON directory.left_carer TO firsthand_app;

-- When a member of staff left: his passwords and devices go some time after. Of those who had left before it is now.
-- lint: allow staff are few
ALTER TABLE directory.staff ADD COLUMN left_at timestamptz;
UPDATE directory.staff SET left_at = now() WHERE NOT active;
-- The version that still runs while this one is brought in does not know the column.
CREATE FUNCTION directory.note_leaving() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.left_at := coalesce(NEW.left_at, now());
    RETURN NEW;
END $$;
CREATE TRIGGER staff_leaves BEFORE UPDATE OF active ON directory.staff
    FOR EACH ROW WHEN (NOT NEW.active) EXECUTE FUNCTION directory.note_leaving();
-- lint: allow staff are few
CREATE INDEX staff_who_left ON directory.staff (left_at) WHERE left_at IS NOT NULL;
GRANT UPDATE (left_at) ON directory.staff TO firsthand_app;
GRANT DELETE ON identity.password, identity.passkey_owner TO firsthand_app;

-- A correction that nobody decides lapses, and so does an emergency access that nobody reviews: their terms then run.
-- lint: allow corrections are few, and the new rules hold for every row that the old ones let in
ALTER TABLE directory.correction DROP CONSTRAINT correction_state_check, DROP CONSTRAINT correction_check4;
-- lint: allow as above
ALTER TABLE directory.correction
    ADD CONSTRAINT correction_state_known CHECK (state IN ('asked', 'approved', 'refused', 'undone', 'lapsed')),
    ADD CONSTRAINT correction_decided CHECK (
        (state IN ('asked', 'lapsed')) = (decided_by IS NULL) AND (state = 'asked') = (decided_at IS NULL));
-- lint: allow as above
CREATE INDEX correction_undecided ON directory.correction (asked_at) WHERE state = 'asked';
-- lint: allow emergency accesses are few
ALTER TABLE directory.break_glass ADD COLUMN lapsed_at timestamptz;
-- lint: allow as above
ALTER TABLE directory.break_glass
    ADD CONSTRAINT break_glass_lapsed_unreviewed CHECK (lapsed_at IS NULL OR reviewed_at IS NULL);
GRANT UPDATE (lapsed_at) ON directory.break_glass TO firsthand_app;
CREATE TRIGGER break_glass_stays_lapsed BEFORE UPDATE OF reviewed_by, reviewed_at, justified, words, lapsed_at
    ON directory.break_glass FOR EACH ROW WHEN (OLD.lapsed_at IS NOT NULL)
    EXECUTE FUNCTION directory.refuse_second_review();
