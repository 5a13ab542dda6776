CREATE SCHEMA booking;
GRANT USAGE ON SCHEMA booking TO firsthand_app;

CREATE TABLE booking.booking (
    id           uuid PRIMARY KEY,
    place_id     bigint NOT NULL REFERENCES release.place,
    session_id   uuid NOT NULL REFERENCES release.session,
    holder_id    uuid NOT NULL REFERENCES directory.person,
    patient_id   uuid NOT NULL REFERENCES directory.person,
    channel      text NOT NULL,
    code         text NOT NULL UNIQUE CHECK (length(code) = 12),
    state        text NOT NULL CHECK (state IN ('held', 'booked', 'given_back', 'expired', 'arrived', 'no_show')),
    held_until   timestamptz NOT NULL,
    taken_at     timestamptz NOT NULL,
    booked_at    timestamptz,
    ended_at     timestamptz,
    CHECK ((state IN ('given_back', 'expired')) <= (ended_at IS NOT NULL)),
    CHECK ((state IN ('booked', 'arrived', 'no_show')) <= (booked_at IS NOT NULL))
) WITH (fillfactor = 80);

-- No place can be in two live bookings, whatever the program does.
CREATE UNIQUE INDEX booking_one_per_place ON booking.booking (place_id)
    WHERE state IN ('held', 'booked', 'arrived', 'no_show');
CREATE INDEX booking_of_patient ON booking.booking (patient_id);
CREATE INDEX booking_of_holder ON booking.booking (holder_id, taken_at DESC);
CREATE INDEX booking_of_session ON booking.booking (session_id);
CREATE INDEX booking_holds ON booking.booking (held_until) WHERE state = 'held';
-- What is still to settle in a session that is over.
CREATE INDEX booking_unattended ON booking.booking (session_id) WHERE state = 'booked';

-- Who holds a booking, whom it is for and which place it is never change: handing one over is what touts sell.
CREATE FUNCTION booking.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'holder, patient, place and code of a booking never change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER booking_is_tied BEFORE UPDATE OF id, place_id, session_id, holder_id, patient_id, code
    ON booking.booking FOR EACH ROW EXECUTE FUNCTION booking.refuse_change();

GRANT SELECT, INSERT ON booking.booking TO firsthand_app;
GRANT UPDATE (state, booked_at, ended_at) ON booking.booking TO firsthand_app;
