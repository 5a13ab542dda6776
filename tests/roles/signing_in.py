"""The lines of signing in. Whoever signs in is nobody yet, and afterwards keeps only what is his own."""

import firsthand.directory.email.actions as email
import firsthand.identity.session.actions as sessions
from firsthand.directory.person import passkeys, phones, sign_in
from firsthand.identity.challenge import guard
from tests.roles.scene import HOUSE, OWN, SIGN_IN, Walked, Without

ROWS: tuple[Walked | Without, ...] = (
    Without(sign_in.request_sign_in, SIGN_IN),
    Without(sign_in.request_registration, SIGN_IN),
    Without(sign_in.enter_code, SIGN_IN),
    Without(sign_in.choose_person, SIGN_IN),
    Without(sign_in.request_again, OWN),
    Without(phones.request_phone_change, OWN),
    Without(phones.change_phone, OWN),
    Without(passkeys.begin_adding_passkey, OWN),
    Without(passkeys.add_passkey, OWN),
    Without(passkeys.rename_passkey, OWN),
    Without(passkeys.remove_passkey, OWN),
    Without(passkeys.begin_passkey_sign_in, SIGN_IN),
    Without(passkeys.sign_in_by_passkey, SIGN_IN),
    Without(email.request_email, OWN),
    Without(email.confirm_email, OWN),
    Without(email.remove_email, OWN),
    Without(guard.watch, HOUSE),
    Without(sessions.end_session, OWN),
    Without(sessions.end_own_session, OWN),
    Without(sessions.end_other_sessions, OWN),
    Without(sessions.delete_expired, HOUSE),
)
