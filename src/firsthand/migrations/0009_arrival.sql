CREATE SCHEMA arrival;
GRANT USAGE ON SCHEMA arrival TO firsthand_app;

-- One row for each person who came. Attempts that were refused are audit lines.
CREATE TABLE arrival.check_in (
    booking_id   uuid PRIMARY KEY REFERENCES booking.booking,
    hospital_id  uuid NOT NULL REFERENCES directory.hospital,
    staff_id     uuid NOT NULL REFERENCES directory.staff,
    at           timestamptz NOT NULL,
    late         boolean NOT NULL
);
CREATE INDEX check_in_hospital ON arrival.check_in (hospital_id, at DESC);
GRANT SELECT, INSERT ON arrival.check_in TO firsthand_app;
