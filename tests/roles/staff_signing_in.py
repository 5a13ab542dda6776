"""How staff sign in, for the walk over every action: a part of `tests/roles/table.py`."""

from firsthand.directory.staff_sign_in import actions, enrolment, news, own, passkeys, resets
from firsthand.platform.access import Permission, Role
from tests.roles.scene import SIGN_IN, Scene, Walked, Without

OWN = "one's own sign-in, by the password of now"
OWN_FRESH = "one's own passkeys, after a sign-in of the last minutes"

ROWS: tuple[Walked | Without, ...] = (
    Without(actions.sign_in_staff, SIGN_IN),
    Without(actions.sign_in_with_code, SIGN_IN),
    Without(actions.enter_second_factor, SIGN_IN),
    Without(enrolment.finish_enrolment, SIGN_IN),
    Without(enrolment.use_link, SIGN_IN),
    Without(own.change_own_password, OWN),
    Without(own.begin_own_app, OWN),
    Without(own.set_up_own_app, OWN),
    Without(own.renew_own_codes, OWN),
    Without(news.note_told, "what was done to one's own sign-in"),
    Without(passkeys.begin_adding_passkey, OWN_FRESH),
    Without(passkeys.add_passkey, OWN_FRESH),
    Without(passkeys.rename_passkey, OWN_FRESH),
    Without(passkeys.remove_passkey, OWN_FRESH),
    Without(passkeys.begin_passkey_sign_in, SIGN_IN),
    Without(passkeys.sign_in_by_passkey, SIGN_IN),
    Walked(resets.reset_second_factor, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: resets.reset_second_factor(s.world, c, made.id), Scene.member),
    Walked(resets.reset_second_factor, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: resets.reset_second_factor(s.world, c, made.id),
           lambda s: s.member(Role.AUDITOR, None), city=True),
    Walked(resets.make_enrolment_link, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: resets.make_enrolment_link(s.world, c, made.id), Scene.member),
    Walked(resets.make_enrolment_link, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: resets.make_enrolment_link(s.world, c, made.id),
           lambda s: s.member(Role.AUDITOR, None), city=True),
    Walked(resets.remove_passkeys, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: resets.remove_passkeys(s.world, c, made.id), Scene.member),
    Walked(resets.remove_passkeys, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: resets.remove_passkeys(s.world, c, made.id),
           lambda s: s.member(Role.AUDITOR, None), city=True),
    Walked(resets.end_sessions, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: resets.end_sessions(s.world, c, made.id), Scene.member),
    Walked(resets.end_sessions, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: resets.end_sessions(s.world, c, made.id),
           lambda s: s.member(Role.AUDITOR, None), city=True),
    Walked(resets.read_ways, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: resets.read_ways(s.world, c, made.id), Scene.member),
    Without(resets.make_enrolment_link_for, "asks make_enrolment_link"),
    Walked(resets.read_resets, Permission.READ_AUDIT,
           lambda s, c, _: resets.read_resets(s.world, c, limit=10), city=True),
)  # fmt: skip
