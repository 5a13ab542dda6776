-- A tie lets a carer act for a dependant. While nobody is known by the document that a carer typed, dependant_id is
-- empty: to him the tie looks the same. What he typed is kept sealed: what he calls the dependant (label), and of a
-- child who is to be registered all of it (claim). undocumented: a child without a document, when it was asked for.
-- asked_for: keyed hash of the carer and the document, by which the same asking is told again. counted_from: the
-- 1 January before the majority of a minor, from which his date of birth, which is sealed, is looked at.
CREATE TABLE directory.tie (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('guardian', 'carer')),
    carer_id      uuid NOT NULL REFERENCES directory.person,
    dependant_id  uuid REFERENCES directory.person,
    asked_for     bytea NOT NULL CHECK (length(asked_for) = 32),
    label         bytea NOT NULL,
    claim         bytea,
    undocumented  boolean NOT NULL DEFAULT false,
    state         text NOT NULL CHECK (state IN ('asked', 'active', 'ended')),
    asked_at      timestamptz NOT NULL,
    lapses_at     timestamptz NOT NULL,
    settles_at    timestamptz,
    code_id       uuid,
    active_from   timestamptz,
    usable_from   timestamptz,
    term_ends_at  timestamptz,
    counted_from  date,
    ended_at      timestamptz,
    ended_why     text CHECK (ended_why IN ('declined', 'taken_back', 'lapsed', 'by_carer', 'by_dependant', 'majority',
                                            'term', 'by_desk')),
    CHECK (carer_id <> dependant_id),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (ended_why IS NULL)),
    CHECK (state <> 'active' OR (dependant_id IS NOT NULL AND active_from IS NOT NULL AND usable_from >= active_from)),
    CHECK (state <> 'active' OR (kind = 'guardian') = (counted_from IS NOT NULL)),
    CHECK (state <> 'active' OR (kind = 'carer') = (term_ends_at IS NOT NULL))
);
-- One living tie of a pair, and one asking at a time for one document.
CREATE UNIQUE INDEX tie_one_active ON directory.tie (carer_id, dependant_id) WHERE state = 'active';
CREATE UNIQUE INDEX tie_one_asked ON directory.tie (asked_for) WHERE state = 'asked';
CREATE INDEX tie_of_carer ON directory.tie (carer_id, asked_at DESC);
CREATE INDEX tie_of_dependant ON directory.tie (dependant_id, asked_at DESC);
CREATE INDEX tie_lapsing ON directory.tie (lapses_at) WHERE state = 'asked';
CREATE INDEX tie_settling ON directory.tie (settles_at) WHERE state = 'asked' AND settles_at IS NOT NULL;
CREATE INDEX tie_term ON directory.tie (term_ends_at) WHERE state = 'active' AND term_ends_at IS NOT NULL;
CREATE INDEX tie_majority ON directory.tie (counted_from) WHERE state = 'active' AND counted_from IS NOT NULL;

-- Whose a tie is never changes: only one who was not known when he was asked for is filled in, once.
CREATE FUNCTION directory.refuse_tie_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'carer and dependant of a tie never change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER tie_is_fixed BEFORE UPDATE OF id, kind, carer_id, dependant_id, asked_for ON directory.tie
    FOR EACH ROW WHEN (OLD.dependant_id IS NOT NULL OR OLD.carer_id <> NEW.carer_id OR OLD.id <> NEW.id
                       OR OLD.kind <> NEW.kind OR OLD.asked_for <> NEW.asked_for)
    EXECUTE FUNCTION directory.refuse_tie_change();
CREATE FUNCTION directory.refuse_tie_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a tie that has ended does not begin again' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER tie_stays_ended BEFORE UPDATE OF state, ended_at, ended_why ON directory.tie
    FOR EACH ROW WHEN (OLD.state = 'ended') EXECUTE FUNCTION directory.refuse_tie_revival();

GRANT SELECT, INSERT ON directory.tie TO firsthand_app;
GRANT UPDATE (dependant_id, claim, state, code_id, active_from, usable_from, term_ends_at, counted_from, ended_at,
              ended_why) ON directory.tie TO firsthand_app;

-- Who said yes to a tie, how, to which words, and what a desk saw. Never changed: a renewal is one more row.
CREATE TABLE directory.consent (
    id           uuid PRIMARY KEY,
    tie_id       uuid NOT NULL REFERENCES directory.tie,
    given_by     uuid NOT NULL REFERENCES directory.person,
    how          text NOT NULL CHECK (how IN ('own_page', 'own_code', 'guardian', 'desk')),
    words        text NOT NULL,
    language     text NOT NULL CHECK (language IN ('zh-Hans', 'en')),
    staff_id     uuid REFERENCES directory.staff,
    hospital_id  uuid REFERENCES directory.hospital,
    seen         text[] NOT NULL DEFAULT '{}',
    given_at     timestamptz NOT NULL,
    CHECK ((how = 'desk') = (staff_id IS NOT NULL) AND (staff_id IS NULL) = (hospital_id IS NULL))
);
CREATE INDEX consent_of_tie ON directory.consent (tie_id, given_at);
GRANT SELECT, INSERT ON directory.consent TO firsthand_app;

INSERT INTO policy.version (name, effective_from, body, source) VALUES (
    'family', '2020-01-01T00:00:00Z',
    '{"dependants_max": 6, "carers_max": 4, "undocumented_children_max": 2, "new_ties_a_month_max": 4,
      "ended_counts_days": 90, "again_days": 30, "cooling_hours": 24, "asked_expires_days": 14,
      "carer_term_days": 730, "renew_within_days": 60, "majority_years": 18, "time_zone": "Asia/Shanghai"}',
    'docs/decisions/0013-families.md'
);

-- Who pays, and who acted: the person himself or a clerk. Of an earlier booking the audit record says who acted; where
-- even that says nothing, acted_by stays empty. Until now the patient paid.
-- lint: allow nullable columns without a default change no row
ALTER TABLE booking.booking
    ADD COLUMN payer_id       uuid REFERENCES directory.person,
    ADD COLUMN acted_by_kind  text CHECK (acted_by_kind IN ('person', 'staff')),
    ADD COLUMN acted_by       uuid;
UPDATE booking.booking SET payer_id = patient_id, acted_by_kind = taken.actor_kind, acted_by = taken.actor_id
FROM (SELECT DISTINCT ON (subject_id) subject_id, actor_kind, actor_id FROM audit.line
      WHERE action = 'booking.take' AND outcome = 'done' AND actor_kind IN ('person', 'staff')
      ORDER BY subject_id, n) AS taken
WHERE taken.subject_id = booking.id;
UPDATE booking.booking SET payer_id = patient_id, acted_by_kind = CASE channel WHEN 'desk' THEN 'staff' ELSE 'person' END,
                           acted_by = CASE channel WHEN 'desk' THEN NULL ELSE holder_id END
WHERE payer_id IS NULL;
-- lint: allow every row has both by now, and no row changes
ALTER TABLE booking.booking ALTER COLUMN payer_id SET NOT NULL, ALTER COLUMN acted_by_kind SET NOT NULL;
CREATE TRIGGER booking_keeps_who BEFORE UPDATE OF payer_id, acted_by_kind, acted_by
    ON booking.booking FOR EACH ROW EXECUTE FUNCTION booking.refuse_change();
