"""The register of retention: every column of every table, with what is held in it and for how long.

A new column goes into one of the two lists, else `tests/store/test_retention.py` fails. One that says anything of a
person, or stands in a row that belongs to one, is a `Holding`; the room's store then has the statement that erases it,
and `channels/worker/erasing.py` calls that. What says nothing of anybody is `Impersonal`, with the reason.
`python -m firsthand.policy.register` prints docs/retention.md.
"""

import sys
from typing import Final

from firsthand.policy.retention import (
    APPOINTMENT_TERM,
    DAY_TERM,
    ENDED_TERM,
    EXPIRED_TERM,
    LEFT_TERM,
    MESSAGE_TERM,
    OWNERS_ROW_TERM,
    PERSON_TERM,
    PERSONS_ROW_TERM,
    PROOF_TERM,
    Category,
    Holding,
    Impersonal,
    Term,
    page,
)


def _held(table: str, columns: str, category: Category, term: Term) -> Holding:
    return Holding(table, tuple(columns.split()), category, term)


def _not(table: str, columns: str, why: str) -> Impersonal:
    return Impersonal(table, tuple(columns.split()), why)


HOLDINGS: Final[tuple[Holding, ...]] = (
    # people
    _held("directory.person", "name name_index born_on guardian_id", Category.IDENTITY, PERSON_TERM),
    _held("directory.person", "phone phone_index phone_changed_at", Category.CONTACT, PERSON_TERM),
    _held("directory.person", "email email_verified_at language", Category.CONTACT, PERSON_TERM),
    _held("directory.person", "id created_at state anonymised_at seen_at", Category.RECORD, PROOF_TERM),
    _held("directory.person", "merged_into merged_count", Category.RECORD, PROOF_TERM),
    _held(
        "directory.name_variant", "id person_id kind name name_index created_at", Category.IDENTITY, PERSONS_ROW_TERM
    ),
    _held("directory.found_person", "staff_id hospital_id person_id basis", Category.RECORD, EXPIRED_TERM),
    _held("directory.found_person", "found_at until", Category.RECORD, EXPIRED_TERM),
    _held("directory.correction", "id kind state hospital_id person_id other_id", Category.REQUEST, ENDED_TERM),
    _held("directory.correction", "document_id replacement evidence_kind evidence", Category.REQUEST, ENDED_TERM),
    _held("directory.correction", "documents asked_by asked_at decided_by", Category.REQUEST, ENDED_TERM),
    _held("directory.correction", "decided_at undone_by undone_at", Category.REQUEST, ENDED_TERM),
    _held("directory.request", "id person_id kind about hospital_id words", Category.REQUEST, ENDED_TERM),
    _held("directory.request", "state asked_at due_at runs_from ended_at", Category.REQUEST, ENDED_TERM),
    _held("directory.request", "decided_by answer", Category.REQUEST, ENDED_TERM),
    _held("identity.document", "id person_id type number blind_index created_at", Category.IDENTITY, PERSONS_ROW_TERM),
    _held("identity.former_document", "id person_id type number created_at", Category.IDENTITY, EXPIRED_TERM),
    _held("identity.former_document", "ended_at erase_after", Category.IDENTITY, EXPIRED_TERM),
    # families
    _held("directory.tie", "id kind carer_id dependant_id asked_for label claim", Category.FAMILY, ENDED_TERM),
    _held("directory.tie", "undocumented state asked_at lapses_at settles_at", Category.FAMILY, ENDED_TERM),
    _held("directory.tie", "code_id active_from usable_from term_ends_at", Category.FAMILY, ENDED_TERM),
    _held("directory.tie", "counted_from ended_at ended_why", Category.FAMILY, ENDED_TERM),
    _held("directory.left_carer", "mark person_id erase_after", Category.FAMILY, EXPIRED_TERM),
    _held("directory.consent", "id tie_id given_by how words language staff_id", Category.FAMILY, ENDED_TERM),
    _held("directory.consent", "hospital_id seen given_at", Category.FAMILY, ENDED_TERM),
    # appointments
    _held("booking.booking", "id place_id session_id holder_id patient_id", Category.APPOINTMENT, APPOINTMENT_TERM),
    _held("booking.booking", "channel code state held_until taken_at", Category.APPOINTMENT, APPOINTMENT_TERM),
    _held("booking.booking", "booked_at ended_at payer_id", Category.APPOINTMENT, APPOINTMENT_TERM),
    _held("booking.booking", "acted_by_kind acted_by", Category.APPOINTMENT, APPOINTMENT_TERM),
    _held("arrival.check_in", "booking_id hospital_id staff_id at late", Category.APPOINTMENT, APPOINTMENT_TERM),
    # messages
    _held("messages.message", "id person_id address template language body", Category.MESSAGE, MESSAGE_TERM),
    _held("messages.message", "event_key state made_at sent_at", Category.MESSAGE, MESSAGE_TERM),
    _held("messages.message", "way event due_at send_after expires_at attempts", Category.MESSAGE, MESSAGE_TERM),
    _held("messages.message", "tried_at last_error gateway_id settled_at", Category.MESSAGE, MESSAGE_TERM),
    # signing in
    _held("identity.one_time_code", "id code_hash claim expires_at tries_left used", Category.SIGN_IN, EXPIRED_TERM),
    _held("identity.one_time_code", "counted_as", Category.SIGN_IN, EXPIRED_TERM),
    _held("identity.passkey", "id credential_id subject_kind subject_id", Category.SIGN_IN, OWNERS_ROW_TERM),
    _held("identity.passkey", "public_key sign_count name backed_up", Category.SIGN_IN, OWNERS_ROW_TERM),
    _held("identity.passkey", "created_at last_used_at", Category.SIGN_IN, OWNERS_ROW_TERM),
    _held("identity.passkey_owner", "subject_kind subject_id handle", Category.SIGN_IN, OWNERS_ROW_TERM),
    _held("identity.passkey_challenge", "id ceremony subject_kind subject_id", Category.SIGN_IN, EXPIRED_TERM),
    _held("identity.passkey_challenge", "challenge bound_to expires_at", Category.SIGN_IN, EXPIRED_TERM),
    _held("identity.session", "token_hash subject_kind subject_id hospital_id role", Category.SIGN_IN, EXPIRED_TERM),
    _held("identity.session", "created_at expires_at id duty_id method", Category.SIGN_IN, EXPIRED_TERM),
    _held("identity.session", "device last_seen_at", Category.SIGN_IN, EXPIRED_TERM),
    _held("platform.attempt", "bucket subject window_at count", Category.SIGN_IN, DAY_TERM),
    _held("platform.idempotency", "principal key fingerprint answer answered_at", Category.SIGN_IN, DAY_TERM),
    # the record
    _held("audit.line", "n xid at actor_kind actor_id channel request_id action", Category.RECORD, PROOF_TERM),
    _held("audit.line", "outcome hospital_id subject_id person_id purpose detail", Category.RECORD, PROOF_TERM),
    # those who work here
    _held("directory.staff", "id hospital_id username display_name role active", Category.STAFF, PROOF_TERM),
    _held("directory.staff", "created_at left_at", Category.STAFF, PROOF_TERM),
    _held("directory.duty", "id staff_id hospital_id role begins_at ends_at", Category.STAFF, PROOF_TERM),
    _held("directory.duty", "given_by", Category.STAFF, PROOF_TERM),
    _held("directory.break_glass", "id staff_id hospital_id person_id found_by", Category.RECORD, ENDED_TERM),
    _held("directory.break_glass", "reason opened_at expires_at reviewed_by", Category.RECORD, ENDED_TERM),
    _held("directory.break_glass", "reviewed_at justified words lapsed_at", Category.RECORD, ENDED_TERM),
    _held("identity.password", "staff_id phc changed_at", Category.STAFF, LEFT_TERM),
    _held("identity.totp", "staff_id secret last_step added_at", Category.STAFF, LEFT_TERM),
    _held("identity.totp_enrolment", "holder staff_id secret expires_at", Category.STAFF, EXPIRED_TERM),
    _held("identity.recovery_code", "staff_id code_hash made_at used_at", Category.STAFF, LEFT_TERM),
    _held("identity.oidc_link", "provider_id staff_id subject subject_index", Category.STAFF, LEFT_TERM),
    _held("identity.oidc_link", "linked_by linked_at told_at", Category.STAFF, LEFT_TERM),
    _held("identity.oidc_start", "state_hash browser_hash provider_id purpose holder", Category.STAFF, EXPIRED_TERM),
    _held("identity.oidc_start", "nonce_hash verifier leads_to begun_at expires_at", Category.STAFF, EXPIRED_TERM),
    _held("identity.oidc_provider", "made_by changed_by", Category.STAFF, PROOF_TERM),
    _held("identity.sign_in_step", "token_hash staff_id need expires_at tries_left", Category.STAFF, EXPIRED_TERM),
    _held("identity.sign_in_reset", "id staff_id kind by_staff_id made_at", Category.STAFF, ENDED_TERM),
    _held("identity.sign_in_reset", "token_hash expires_at used_at told_at", Category.STAFF, ENDED_TERM),
    _held(
        "policy.proposal", "id proposed_by proposed_at state decided_by decided_at words", Category.STAFF, PROOF_TERM
    ),
    _held("identity.sign_in_news", "id staff_id kind by_staff_id made_at told_at", Category.STAFF, ENDED_TERM),
    _held("directory.doctor", "id hospital_id name shown_as retired_at", Category.CARE, PROOF_TERM),
)

_LOG = "hashes and signatures over the record"
_RULE = "a rule for everybody"
_PUBLISHED = "what a hospital publishes of itself"
_HOUSE = "the house's own bookkeeping"
_SETTING = "how a hospital's own sign-in is reached"
_JOBS = "work that waits: names of tasks and ids alone, gone when it is done"

IMPERSONAL: Final[tuple[Impersonal, ...]] = (
    _not("audit.checkpoint", "size root frontier sealed_at note", _LOG),
    _not("audit.leaf", "position line_n line_xid hash", _LOG),
    _not("directory.department", "id hospital_id name shown_as retired_at", _PUBLISHED),
    _not("directory.hospital", "id feed external_id name address phone url time_zone by_hand", _PUBLISHED),
    _not("identity.oidc_provider", "id hospital_id issuer client_id client_secret claim", _SETTING),
    _not("identity.oidc_provider", "acr amr algorithms enabled tested_at made_at changed_at", _SETTING),
    _not("identity.sign_in_guard", "one is_on changed_at", "a figure of the whole city"),
    _not("identity.spent_proof", "proof expires_at", "sums that browsers were given to do, and nobody's name"),
    _not("jobs.procrastinate_events", "id job_id type at", _JOBS),
    _not("jobs.procrastinate_jobs", "id queue_name task_name priority lock queueing_lock args status", _JOBS),
    _not("jobs.procrastinate_jobs", "scheduled_at attempts abort_requested worker_id", _JOBS),
    _not("jobs.procrastinate_periodic_defers", "id task_name defer_timestamp job_id periodic_id", _JOBS),
    _not("jobs.procrastinate_workers", "id last_heartbeat", _JOBS),
    _not("migration.applied", "name digest applied_at", _HOUSE),
    _not("platform.deployment", "one kind made_at", _HOUSE),
    _not("platform.known_key", "kind key_id proof known_at retired_at lost_at", _HOUSE),
    _not("platform.outbox", "n task args made_at", _JOBS),
    _not("policy.proposal", "name effective_from body source based_on digest seen", _RULE),
    _not("policy.version", "name effective_from body source proposal_id", _RULE),
    _not("release.place", "id session_id number state", _PUBLISHED),
    _not("release.publication", "feed published_at digest imported_at", _PUBLISHED),
    _not("release.schedule", "id feed external_id hospital_id department_id doctor_id service", _PUBLISHED),
    _not("release.session", "id feed external_id schedule_id hospital_id starts_at ends_at day", _PUBLISHED),
    _not("release.session", "capacity status fee_cents currency deep_link phone", _PUBLISHED),
)


if __name__ == "__main__":
    sys.stdout.write(page(HOLDINGS, IMPERSONAL))
