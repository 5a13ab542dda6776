-- What is kept no longer is erased by the worker. Bookings and check-ins can be removed by these functions alone, and
-- in a live database only long after their session: whoever takes the application over can remove nothing recent.
GRANT DELETE ON directory.tie, directory.consent, directory.correction TO firsthand_app;

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
