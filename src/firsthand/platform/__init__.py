"""What every room stands on: settings, database, clock, chance, keys, jobs, gathering, languages, telemetry."""
