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
