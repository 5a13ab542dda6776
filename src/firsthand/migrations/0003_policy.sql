CREATE SCHEMA policy;
GRANT USAGE ON SCHEMA policy TO firsthand_app;

-- Rules as data. A version holds from effective_from until the next version of the same name takes over;
-- what was in force on any day can be read back, so a version is never changed.
CREATE TABLE policy.version (
    name            text NOT NULL,
    effective_from  timestamptz NOT NULL,
    body            jsonb NOT NULL,
    source          text NOT NULL,
    PRIMARY KEY (name, effective_from)
);
GRANT SELECT, INSERT ON policy.version TO firsthand_app;

INSERT INTO policy.version (name, effective_from, body, source) VALUES (
    'booking', '2020-01-01T00:00:00Z',
    '{"hold_seconds": 900, "holds_live_max": 2, "ended_a_day_max": 6,
      "booking_days_ahead_max": 28, "take_cutoff_minutes": 30,
      "give_back_cutoff_minutes": 0,
      "caps": [{"name": "department_day", "days": 1, "per_department": true, "max_count": 1},
               {"name": "day", "days": 1, "per_department": false, "max_count": 2},
               {"name": "week", "days": 7, "per_department": false, "max_count": 3}]}',
    'unified caps of a city platform: docs/decisions/0007-caps-and-holds.md'
), (
    'arrival', '2020-01-01T00:00:00Z',
    '{"early_minutes_max": 120, "late_after_minutes": 15, "no_show_after_end_minutes": 30}',
    'docs/decisions/0008-arrival.md'
);
