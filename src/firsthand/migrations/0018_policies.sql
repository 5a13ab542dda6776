-- A change of a policy that somebody proposes, and what somebody else said of it. Only its end is ever written to it:
-- what was proposed, by whom and from when on cannot change after it was shown. based_on: when the version begins that
-- it was compared with. digest: of all that was proposed; seen: the digest of what the approver was shown. Staff live
-- in a room below, so their ids have no foreign key here.
CREATE TABLE policy.proposal (
    id              uuid PRIMARY KEY,
    name            text NOT NULL,
    effective_from  timestamptz NOT NULL,
    body            jsonb NOT NULL,
    source          text NOT NULL CHECK (source <> ''),
    based_on        timestamptz NOT NULL,
    digest          text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
    proposed_by     uuid NOT NULL,
    proposed_at     timestamptz NOT NULL,
    state           text NOT NULL DEFAULT 'waiting'
                    CHECK (state IN ('waiting', 'approved', 'refused', 'withdrawn')),
    seen            text,
    decided_by      uuid,
    decided_at      timestamptz,
    words           text CHECK (words <> ''),
    FOREIGN KEY (name, based_on) REFERENCES policy.version (name, effective_from),
    CHECK (effective_from > proposed_at),
    CHECK (effective_from > based_on),
    CHECK ((state = 'waiting') = (decided_by IS NULL)),
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK ((state = 'refused') = (words IS NOT NULL)),
    CHECK (decided_at >= proposed_at),
    CHECK (state <> 'approved' OR decided_at < effective_from),
    -- Two people, whatever duties either of them has.
    CONSTRAINT proposal_decided_by_another CHECK (state NOT IN ('approved', 'refused') OR decided_by <> proposed_by),
    CONSTRAINT proposal_withdrawn_by_proposer CHECK (state <> 'withdrawn' OR decided_by = proposed_by),
    CONSTRAINT proposal_approved_as_seen CHECK ((state = 'approved') = (seen IS NOT NULL) AND seen = digest)
);
CREATE INDEX proposal_recent ON policy.proposal (proposed_at DESC);
CREATE INDEX proposal_waiting ON policy.proposal (name) WHERE state = 'waiting';
GRANT SELECT ON policy.proposal TO firsthand_app;
GRANT INSERT (id, name, effective_from, body, source, based_on, digest, proposed_by, proposed_at)
    ON policy.proposal TO firsthand_app;
GRANT UPDATE (state, seen, decided_by, decided_at, words) ON policy.proposal TO firsthand_app;

CREATE FUNCTION policy.refuse_second_decision() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'a proposal that was decided stays so' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER proposal_is_decided_once BEFORE UPDATE ON policy.proposal
    FOR EACH ROW WHEN (OLD.state <> 'waiting') EXECUTE FUNCTION policy.refuse_second_decision();

-- Where a version came from. The first ones are shipped; every later one was approved.
-- lint: allow a policy has a handful of versions
ALTER TABLE policy.version ADD COLUMN proposal_id uuid UNIQUE REFERENCES policy.proposal;

-- Nobody but the owner, who migrates, makes a rule of what two people did not agree on; a demo's database, which serves
-- nobody, takes what its tests and its play need. A database that does not say what it is for counts as live.
CREATE FUNCTION policy.refuse_unapproved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.proposal_id IS NULL THEN
        IF NOT EXISTS (SELECT FROM platform.deployment WHERE kind = 'demo')
           AND NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
            RAISE EXCEPTION 'a version of a policy needs an approved proposal' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    PERFORM FROM policy.proposal
    WHERE proposal.id = NEW.proposal_id AND proposal.state = 'approved' AND proposal.name = NEW.name
      AND proposal.body = NEW.body AND proposal.effective_from = NEW.effective_from AND proposal.source = NEW.source
      AND proposal.based_on = (
          SELECT max(version.effective_from) FROM policy.version
          WHERE version.name = NEW.name AND version.effective_from < NEW.effective_from
      );
    IF NOT FOUND THEN
        RAISE EXCEPTION 'a version is what was approved, upon what it was compared with, and nothing else'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_is_approved BEFORE INSERT ON policy.version
    FOR EACH ROW EXECUTE FUNCTION policy.refuse_unapproved();
