"""What stands around every page, and the words' names that any page may need: notices and problems."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from firsthand.channels.web.ways import Way
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language


class Visitor(StrEnum):
    """Who looks at the page; it decides the navigation."""

    NOBODY = "nobody"
    PERSON = "person"
    STAFF = "staff"


class Notice(StrEnum):
    """Good news shown once at the top of the next page."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_RENAMED = "passkey_renamed"
    PASSKEY_REMOVED = "passkey_removed"
    PHONE_CHANGED = "phone_changed"
    BOOKED = "booked"
    GIVEN_BACK = "given_back"
    HOLD_GIVEN_UP = "hold_given_up"
    OWN_SIGN_IN_SAVED = "own_sign_in_saved"
    OWN_SIGN_IN_TESTED = "own_sign_in_tested"
    OWN_SIGN_IN_ENABLED = "own_sign_in_enabled"
    OWN_SIGN_IN_DISABLED = "own_sign_in_disabled"
    ACCOUNT_LINKED = "account_linked"
    ACCOUNT_UNLINKED = "account_unlinked"
    STAFF_ADDED = "staff_added"
    STAFF_ADDED_BARE = "staff_added_bare"
    DUTY_GIVEN = "duty_given"
    DUTY_ENDED = "duty_ended"
    STAFF_LEFT = "staff_left"
    SECOND_FACTOR_RESET = "second_factor_reset"
    PASSKEYS_TAKEN = "passkeys_taken"
    STAFF_SESSIONS_ENDED = "staff_sessions_ended"
    DUTY_CHANGED = "duty_changed"
    HOSPITAL_CHANGED = "hospital_changed"
    LEFT_TO_FEED = "left_to_feed"
    ENTRY_ADDED = "entry_added"
    ENTRY_RENAMED = "entry_renamed"
    ENTRY_RETIRED = "entry_retired"
    REVIEWED = "reviewed"
    POLICY_PROPOSED = "policy_proposed"
    POLICY_APPROVED = "policy_approved"
    POLICY_REFUSED = "policy_refused"
    POLICY_WITHDRAWN = "policy_withdrawn"
    EMAIL_VERIFIED = "email_verified"
    EMAIL_REMOVED = "email_removed"
    # people at the desk
    REGISTERED_AT_DESK = "registered_at_desk"
    CHILD_REGISTERED = "child_registered"
    DOCUMENT_ADDED = "document_added"
    PHONE_CHANGED_AT_DESK = "phone_changed_at_desk"
    NAME_ADDED = "name_added"
    NAME_REMOVED = "name_removed"
    CORRECTION_ASKED = "correction_asked"
    CORRECTION_APPROVED = "correction_approved"
    CORRECTION_REFUSED = "correction_refused"
    CORRECTION_UNDONE = "correction_undone"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a notice
    TIE_ASKED = "tie_asked"
    TIE_CODE_SENT = "tie_code_sent"
    TIE_ACTIVE = "tie_active"
    TIE_RENEWED = "tie_renewed"
    TIE_ENDED = "tie_ended"
    TIE_DECLINED = "tie_declined"
    REQUEST_SENT = "request_sent"
    REQUEST_WITHDRAWN = "request_withdrawn"
    REQUEST_ANSWERED = "request_answered"
    DELETION_ASKED = "deletion_asked"


class Problem(StrEnum):
    """Why something was not done, as the visitor is told it. `words.problem_words` has the sentences."""

    # what was typed in
    HOSPITAL_UNKNOWN = "hospital_unknown"
    DAY_INVALID = "day_invalid"
    DAYS_REVERSED = "days_reversed"
    TEXT_TOO_LONG = "text_too_long"
    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    NAME_INVALID = "name_invalid"
    ALREADY_REGISTERED = "already_registered"
    DOCUMENT_TYPE_INVALID = "document_type_invalid"
    DOCUMENT_NUMBER_MISSING = "document_number_missing"
    DOCUMENT_NUMBER_INVALID = "document_number_invalid"
    PHONE_INVALID = "phone_invalid"
    EMAIL_MISSING = "email_missing"
    EMAIL_INVALID = "email_invalid"
    LANGUAGE_INVALID = "language_invalid"
    CODE_MISSING = "code_missing"
    BOOKING_CODE_MISSING = "booking_code_missing"
    ONE_TIME_CODE_WRONG = "one_time_code_wrong"
    ONE_TIME_CODE_EXPIRED = "one_time_code_expired"
    BOOKING_CODE_INVALID = "booking_code_invalid"
    USERNAME_MISSING = "username_missing"
    PASSWORD_MISSING = "password_missing"  # noqa: S105 - the name of a problem
    SIGN_IN_WRONG = "sign_in_wrong"
    TOO_MANY_TRIES = "too_many_tries"
    PASSKEY_WRONG = "passkey_wrong"
    PASSKEY_COPIED = "passkey_copied"
    PASSKEY_KNOWN = "passkey_known"
    PASSKEY_UNKNOWN = "passkey_unknown"
    PASSKEY_NAME_INVALID = "passkey_name_invalid"
    TOO_MANY_PASSKEYS = "too_many_passkeys"
    SIGN_IN_STALE = "sign_in_stale"
    PHONE_COOLING = "phone_cooling"
    PERSON_NOT_CHOSEN = "person_not_chosen"
    SIGN_IN_SESSION_UNKNOWN = "sign_in_session_unknown"
    CHOICE_WRONG = "choice_wrong"
    PROOF_NEEDED = "proof_needed"
    PROOF_WRONG = "proof_wrong"
    SESSION_UNKNOWN = "session_unknown"
    PERSON_UNKNOWN = "person_unknown"
    EXPORT_NOT_CONFIRMED = "export_not_confirmed"
    # people at the desk
    FIND_FIRST = "find_first"
    DOCUMENT_NEEDED = "document_needed"
    NOBODY_FOUND = "nobody_found"
    DOCUMENT_KNOWN = "document_known"
    DOCUMENT_OWN = "document_own"
    TOO_MANY_DOCUMENTS = "too_many_documents"
    NOT_A_CHILD = "not_a_child"
    TOO_MANY_CHILDREN = "too_many_children"
    BIRTH_INVALID = "birth_invalid"
    BIRTH_CONTRADICTS = "birth_contradicts"
    SAME_PHONE = "same_phone"
    PHONE_CHANGED_LATELY = "phone_changed_lately"
    TOO_MANY_NAMES = "too_many_names"
    NAME_KNOWN = "name_known"
    NAME_UNKNOWN = "name_unknown"
    CONFIRM_SEEN = "confirm_seen"
    NOTE_TOO_SHORT = "note_too_short"
    NOTE_TOO_LONG = "note_too_long"
    NOTE_INVALID = "note_invalid"
    EVIDENCE_MISSING = "evidence_missing"
    WRONG_DOCUMENT_MISSING = "wrong_document_missing"
    SAME_DOCUMENT = "same_document"
    SAME_PERSON = "same_person"
    ALREADY_MERGED = "already_merged"
    KEEPS_OTHERS = "keeps_others"
    ALREADY_ASKED = "already_asked"
    OWN_REQUEST = "own_request"
    ALREADY_DECIDED = "already_decided"
    CANNOT_UNDO = "cannot_undo"
    NUMBER_TAKEN = "number_taken"
    ERASED = "erased"
    # hospitals' own sign-ins
    OWN_SIGN_IN_UNKNOWN = "own_sign_in_unknown"
    OWN_SIGN_IN_EXISTS = "own_sign_in_exists"
    OWN_SIGN_IN_DOWN = "own_sign_in_down"
    OWN_SIGN_IN_OVER = "own_sign_in_over"
    OWN_SIGN_IN_WRONG = "own_sign_in_wrong"
    OWN_SIGN_IN_NOT_LINKED = "own_sign_in_not_linked"
    OWN_SIGN_IN_NO_DUTY = "own_sign_in_no_duty"
    ISSUER_INVALID = "issuer_invalid"
    CLIENT_INVALID = "client_invalid"
    SECRET_MISSING = "secret_missing"  # noqa: S105 - the name of a problem
    SECRET_INVALID = "secret_invalid"  # noqa: S105 - the name of a problem
    CLAIM_INVALID = "claim_invalid"
    STRENGTH_INVALID = "strength_invalid"
    STRENGTH_MISSING = "strength_missing"
    ALGORITHM_MISSING = "algorithm_missing"
    OWN_SIGN_IN_NOT_TESTED = "own_sign_in_not_tested"
    ACCOUNT_INVALID = "account_invalid"
    ACCOUNT_TAKEN = "account_taken"
    ACCOUNT_UNKNOWN = "account_unknown"
    MEMBER_UNKNOWN = "member_unknown"
    # what administrators do
    USERNAME_INVALID = "username_invalid"
    USERNAME_TAKEN = "username_taken"
    DISPLAY_NAME_INVALID = "display_name_invalid"
    PASSWORD_UNACCEPTABLE = "password_unacceptable"  # noqa: S105 - the name of a problem
    PASSWORD_GUESSABLE = "password_guessable"  # noqa: S105 - the same
    ROLE_MISSING = "role_missing"
    ROLE_AND_HOSPITAL = "role_and_hospital"
    STAFF_UNKNOWN = "staff_unknown"
    DUTY_UNKNOWN = "duty_unknown"
    DUTY_HELD = "duty_held"
    NOT_ONESELF = "not_oneself"
    END_INVALID = "end_invalid"
    ENTRY_NAME_INVALID = "entry_name_invalid"
    ENTRY_NAME_TAKEN = "entry_name_taken"
    ENTRY_UNKNOWN = "entry_unknown"
    TEXT_INVALID = "text_invalid"
    HOSPITAL_PHONE_INVALID = "hospital_phone_invalid"
    URL_INVALID = "url_invalid"
    ID_INVALID = "id_invalid"
    # emergencies and their reviews
    REASON_TOO_SHORT = "reason_too_short"
    WORDS_INVALID = "words_invalid"
    TOO_MANY_EMERGENCIES = "too_many_emergencies"
    SEVERAL_PEOPLE = "several_people"
    NOBODY_KNOWN = "nobody_known"
    ACCESS_OVER = "access_over"
    ACCESS_UNKNOWN = "access_unknown"
    OWN_ACCESS = "own_access"
    ALREADY_REVIEWED = "already_reviewed"
    REVIEW_LAPSED = "review_lapsed"
    CONFIRM_EMERGENCY = "confirm_emergency"
    JUDGEMENT_MISSING = "judgement_missing"
    # changes of policies
    POLICY_INVALID = "policy_invalid"
    INSTANT_INVALID = "instant_invalid"
    NOTICE_TOO_SHORT = "notice_too_short"
    POLICY_TOO_FAR_AHEAD = "policy_too_far_ahead"
    INSTANT_TAKEN = "instant_taken"
    NOTHING_CHANGES = "nothing_changes"
    TOO_MANY_WAITING = "too_many_waiting"
    OWN_PROPOSAL = "own_proposal"
    ANOTHERS_PROPOSAL = "anothers_proposal"
    NOT_AS_SHOWN = "not_as_shown"
    BASE_SUPERSEDED = "base_superseded"
    CONFIRM_APPROVAL = "confirm_approval"
    CONFIRM_WITHDRAWAL = "confirm_withdrawal"
    # a sign-in of staff
    SIGN_IN_STEP_OVER = "sign_in_step_over"
    SECOND_FACTOR_WRONG = "second_factor_wrong"
    SECOND_FACTOR_NEEDED = "second_factor_needed"
    ENROLLED_ALREADY = "enrolled_already"
    LINK_SPENT = "link_spent"
    PASSWORD_WRONG = "password_wrong"  # noqa: S105 - the name of a problem
    PASSWORDS_DIFFER = "passwords_differ"
    STAFF_NOT_PERMITTED = "staff_not_permitted"
    # what a person asks about his own data
    REQUEST_ABOUT_MISSING = "request_about_missing"
    REQUEST_WORDS_TOO_SHORT = "request_words_too_short"
    REQUEST_WORDS_TOO_LONG = "request_words_too_long"
    TOO_MANY_OPEN_REQUESTS = "too_many_open_requests"
    TOO_MANY_REQUESTS_TODAY = "too_many_requests_today"
    NOT_YOUR_DOCUMENT = "not_your_document"
    DELETION_ALREADY_ASKED = "deletion_already_asked"
    DELETION_NOT_CONFIRMED = "deletion_not_confirmed"
    REQUEST_OVER = "request_over"
    REQUEST_OWN_DOING = "request_own_doing"
    ANSWER_MISSING = "answer_missing"
    # what was asked about a family tie
    PATIENT_INVALID = "patient_invalid"
    TIE_ONESELF = "tie_oneself"
    TIE_CARER_NOT_OF_AGE = "tie_carer_not_of_age"
    TIE_LABEL_INVALID = "tie_label_invalid"
    TIE_CHILD_OF_AGE = "tie_child_of_age"
    TIE_TOO_MANY_DEPENDANTS = "tie_too_many_dependants"
    TIE_TOO_MANY_UNDOCUMENTED = "tie_too_many_undocumented"
    TIE_TOO_MANY_CARERS = "tie_too_many_carers"
    TIE_TOO_MANY_NEW = "tie_too_many_new"
    TIE_ASKED_LATELY = "tie_asked_lately"
    TIE_ALREADY = "tie_already"
    TIE_PHONE_SHARED = "tie_phone_shared"
    TIE_OVER = "tie_over"
    TIE_CONFIRMED_BY_OTHERS = "tie_confirmed_by_others"
    TIE_TOO_EARLY_TO_RENEW = "tie_too_early_to_renew"
    TIE_NOT_AGREED = "tie_not_agreed"
    HAS_DOCUMENT_MISSING = "has_document_missing"
    # a place that could not be held
    NOT_PERMITTED = "not_permitted"
    TOO_MANY_HOLDS = "too_many_holds"
    TOO_MANY_RETURNS = "too_many_returns"
    CAP_DEPARTMENT_DAY = "cap_department_day"
    CAP_DAY = "cap_day"
    CAP_WEEK = "cap_week"
    CAP_OTHER = "cap_other"
    TOO_FAR_AHEAD = "too_far_ahead"
    TOO_LATE = "too_late"
    SESSION_CLOSED = "session_closed"
    NO_PLACE_LEFT = "no_place_left"
    # a booking that could not be changed
    HOLD_EXPIRED = "hold_expired"
    ALREADY_BOOKED = "already_booked"
    ALREADY_ENDED = "already_ended"
    TOO_LATE_TO_GIVE_BACK = "too_late_to_give_back"
    REPEATED_DIFFERENTLY = "repeated_differently"
    STILL_WORKING = "still_working"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A problem with one field of a form; `field` is the input's name, "" when it is the whole form."""

    field: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Standing:
    """As whom a member of staff acts: role, hospital ("" for the city), where he begins, and where he may go."""

    role: Role
    hospital: str
    home: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page.

    path: where a GET shows this page again, for the language switch; `query` are its parameters without `lang`.
    visitor_name: the person's or the clerk's name, "" when nobody is signed in.
    csrf: the token for the page's POST forms. demo: whether this server plays the demo.
    """

    language: Language
    path: str
    query: tuple[tuple[str, str], ...] = ()
    visitor: Visitor = Visitor.NOBODY
    visitor_name: str = ""
    csrf: str = ""
    demo: bool = False
    notice: Notice | None = None
    standing: Standing | None = None

    @property
    def way(self) -> str:
        """The address of the way that this page belongs to, "" where it belongs to none."""
        ways = self.standing.ways if self.standing else ()
        within = [way.address for way in ways if self.path == way.address or self.path.startswith(f"{way.address}/")]
        return max(within, key=len, default="")

    def in_language(self, language: Language) -> str:
        """Return the address of this page in `language`."""
        return f"{self.path}?{urlencode([*self.query, ('lang', language.value)])}"
