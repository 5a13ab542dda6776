-- The least that a booking can be: a place that is taken once, and a row that says by whom.
CREATE SCHEMA bare;
CREATE TABLE bare.place (id bigint PRIMARY KEY, taken boolean NOT NULL DEFAULT false) WITH (fillfactor = 80);
CREATE TABLE bare.booking (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    place_id   bigint NOT NULL UNIQUE,
    person_id  bigint NOT NULL,
    taken_at   timestamptz NOT NULL DEFAULT now()
);
CREATE SEQUENCE bare.next_place;
INSERT INTO bare.place (id) SELECT generate_series(1, 2000000);
VACUUM ANALYZE bare.place;
