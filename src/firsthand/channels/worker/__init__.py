"""The worker: drains the outbox, runs the jobs, seals the audit log, and does what falls due."""
