\set person random(1, 1000000)
BEGIN;
SELECT nextval('bare.next_place') AS place \gset
UPDATE bare.place SET taken = true WHERE id = :place AND NOT taken;
INSERT INTO bare.booking (place_id, person_id) VALUES (:place, :person);
END;
