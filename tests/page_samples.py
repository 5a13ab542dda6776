"""A record for every page and every state that it can show, in a given language."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from firsthand.booking.model import State
from firsthand.channels.read_out import READ_OUT
from firsthand.channels.web import contexts as c
from firsthand.channels.web import desk_contexts as d
from firsthand.channels.web import message_contexts as m
from firsthand.channels.web import sign_in_contexts as si
from firsthand.channels.web import staff_sign_in_contexts as ss
from firsthand.channels.web.frame import FieldProblem, Frame, Notice, Problem, Visitor
from firsthand.channels.web.me_contexts import MePage
from firsthand.channels.web.pages.messages import preview_of
from firsthand.channels.web.render import Page
from firsthand.identity.document.model import DocumentType
from firsthand.identity.news.model import NewsKind
from firsthand.identity.reset.model import ResetKind
from firsthand.identity.session.model import Method
from firsthand.messages.model import SendError, Template, Way
from firsthand.messages.model import State as MessageState
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language
from tests.account_samples import account_pages
from tests.admin_samples import admin_pages
from tests.family_samples import family_pages
from tests.oidc_samples import oidc_pages
from tests.people_samples import people_pages
from tests.policy_samples import policy_pages
from tests.request_samples import request_pages

DAY = date(2026, 3, 27)
NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
WORK = '{"parameters":{},"signature":"0"}'
KEY = "0f6f0f36-8f6c-4ad0-9f0e-2f5f5b1c9a10"


def identifier(number: int) -> UUID:
    return UUID(int=number)


HOSPITAL = c.HospitalFacts(
    id=identifier(1),
    name="第三人民医院",
    address="解放路 12 号",
    time_zone="Asia/Shanghai",
    phone="010-5555 0100",
    url="https://hospital.example",
)
CLINIC = c.HospitalFacts(
    id=identifier(2), name="SMART Vaccine Clinic Boston", address="123 Summer St, Boston", time_zone="America/New_York"
)


def session(number: int, *, plain: bool = False) -> c.SessionFacts:
    """Return a session of the morning; a plain one says no more than a feed must."""
    start = datetime(2026, 3, 27, 13, tzinfo=UTC) if plain else datetime(2026, 3, 27, 0, tzinfo=UTC)
    return c.SessionFacts(
        id=identifier(100 + number),
        hospital=CLINIC if plain else HOSPITAL,
        service="COVID-19 Immunization Appointment" if plain else "普通门诊",
        department="" if plain else "呼吸与危重症医学科",
        doctor="" if plain else "李文静",
        day=DAY,
        starts_at=start,
        ends_at=start + timedelta(hours=9 if plain else 4),
        fee=None if plain else c.Fee(cents=5000, currency="CNY"),
        phone="" if plain else "010-5555 0123",
        deep_link="https://ehr.example.org/bookings?slot=1000000" if plain else "",
    )


def card(number: int, state: c.SessionState, left: int, *, plain: bool = False) -> c.SessionCard:
    return c.SessionCard(facts=session(number, plain=plain), state=state, places_left=left)


def booking(state: State, *, late: bool = False) -> c.BookingFacts:
    return c.BookingFacts(
        id=identifier(200),
        session=session(1),
        state=state,
        number=12,
        expected_at=NOW + timedelta(minutes=30),
        code="7KQM4XTB9RWD",
        patient_name="王小明",
        held_until=NOW + timedelta(minutes=14, seconds=20),
        arrived_at=NOW if state is State.ARRIVED else None,
        late=late,
    )


CARDS = (
    card(1, c.SessionState.OPEN, 37),
    card(2, c.SessionState.OPEN, 3),
    card(3, c.SessionState.OPEN, 1),
    card(4, c.SessionState.FULL, 0),
    card(5, c.SessionState.CLOSED, 4),
    card(6, c.SessionState.NOT_YET_OPEN, 100),
    card(7, c.SessionState.OPEN, 100, plain=True),
)
CHOICES = (c.HospitalChoice(HOSPITAL.id, HOSPITAL.name), c.HospitalChoice(CLINIC.id, CLINIC.name))
DOCUMENT = c.DocumentFields("resident_id", "11010519491231002X")


def frame(language: Language, path: str, visitor: Visitor = Visitor.NOBODY, **more: bool) -> Frame:
    names = {Visitor.NOBODY: "", Visitor.PERSON: "王小明", Visitor.STAFF: "陈护士"}
    notice = Notice.BOOKED if more.get("notice") else None
    return Frame(
        language=language,
        path=path,
        query=(("next", "/bookings"),),
        visitor=visitor,
        visitor_name=names[visitor],
        csrf="token",
        demo=more.get("demo", True),
        notice=notice,
    )


def problems(*pairs: tuple[str, Problem]) -> tuple[FieldProblem, ...]:
    return tuple(FieldProblem(field, problem) for field, problem in pairs)


def finder_pages(language: Language) -> Iterator[tuple[str, Page]]:
    days = (c.FinderDay(DAY, CARDS), c.FinderDay(DAY + timedelta(days=1), CARDS[:2]))
    around = frame(language, "/", demo=True)
    yield (
        "finder",
        c.FinderPage(around, c.FinderFilters(), CHOICES, DAY, DAY + timedelta(days=28), days, 210, 2, 11),
    )
    filters = c.FinderFilters(hospital=str(HOSPITAL.id), text="呼吸", day_from="2026-03-30", day_to="2026-03-28")
    yield (
        "finder-empty",
        c.FinderPage(
            around,
            filters,
            CHOICES,
            DAY,
            DAY + timedelta(days=28),
            (),
            0,
            1,
            1,
            problems(("to", Problem.DAYS_REVERSED)),
        ),
    )
    person = frame(language, "/sessions/x", Visitor.PERSON)
    for number, one in enumerate(CARDS):
        who = person if number % 2 else around
        yield f"session-{number}-{one.state}", c.SessionPage(who, one, 15, KEY, opens_on=DAY)
    yield "session-refused", c.SessionPage(person, CARDS[0], 15, KEY, problem=Problem.CAP_DEPARTMENT_DAY)
    yield "session-own", c.SessionPage(person, CARDS[0], 15, KEY, booking_id=identifier(200))
    patients = (
        c.PatientChoice(identifier(900), ""),
        c.PatientChoice(identifier(901), "王小朵"),
        c.PatientChoice(identifier(902), "王奶奶", usable_from=NOW),
        c.PatientChoice(identifier(903), "王爷爷", has_place=True),
    )
    chosen = c.SessionPage(person, CARDS[0], 15, KEY, patients=patients, patient=str(identifier(901)), pays=True)
    yield "session-for-others", chosen
    yield "session-for-others-refused", replace(chosen, problem=Problem.CAP_DAY)
    with_place = (replace(patients[0], has_place=True), *patients[1:])
    yield "session-for-others-own", replace(chosen, patients=with_place, booking_id=identifier(200))


def sign_in_pages(language: Language) -> Iterator[tuple[str, Page]]:
    around = frame(language, "/sign-in")
    yield "sign-in", si.SignInPage(around, "", "/sessions/x")
    yield "sign-in-guarded", si.SignInPage(around, "123", "", WORK, problems(("phone", Problem.PHONE_INVALID)))
    yield "sign-in-document", si.DocumentSignInPage(around, c.DocumentFields(), "/sessions/x")
    wrong = problems(
        ("document_type", Problem.DOCUMENT_TYPE_INVALID), ("document_number", Problem.DOCUMENT_NUMBER_INVALID)
    )
    yield "sign-in-document-problem", si.DocumentSignInPage(around, c.DocumentFields("x", "<b>1</b>"), "", "", wrong)
    yield "register", si.RegisterPage(around, "", c.DocumentFields(), "", language, "/sessions/x")
    missing = problems(("name", Problem.NAME_MISSING), ("phone", Problem.PHONE_INVALID))
    yield "register-problem", si.RegisterPage(around, "", DOCUMENT, "123", language, "", "", missing)
    yield "code", si.CodePage(around, KEY, "/sessions/x", 5)
    yield "code-problem", si.CodePage(around, KEY, "", 5, WORK, problems(("code", Problem.ONE_TIME_CODE_WRONG)))


def own_devices() -> tuple[tuple[si.SessionRow, ...], tuple[si.PasskeyRow, ...]]:
    """Return two devices that are signed in, and two passkeys."""
    sessions = tuple(
        si.SessionRow(identifier(300 + number), device, method, NOW, NOW + timedelta(minutes=5), is_this=number == 0)
        for number, (device, method) in enumerate((("Chrome, Android", Method.PASSKEY), ("", Method.CODE)))
    )
    passkeys = (
        si.PasskeyRow(identifier(310), "我的手机", backed_up=True, added_at=NOW, last_used_at=NOW),
        si.PasskeyRow(identifier(311), "a" * 50, backed_up=False, added_at=NOW, last_used_at=None),
    )
    return sessions, passkeys


def security_pages(language: Language) -> Iterator[tuple[str, Page]]:
    person = frame(language, "/me/security", Visitor.PERSON)
    around = frame(language, "/sign-in")
    names = ("王小明", "王小红")
    yield "sign-in-choose", si.ChoosePage(around, KEY, "secret", names, "/bookings")
    nobody = problems(("person", Problem.PERSON_NOT_CHOSEN))
    yield "sign-in-choose-problem", si.ChoosePage(around, KEY, "secret", names, "", nobody)
    yield "sign-in-help", si.SignInHelpPage(around)
    yield "sign-in-again", si.AgainPage(person, "0100", "/me/security")
    yield "sign-in-again-phoneless", si.AgainPage(person, "", "", WORK)
    sessions, passkeys = own_devices()
    zone = "Asia/Shanghai"
    yield "security", si.SecurityPage(person, sessions, passkeys, "0100", zone)
    gone = problems(("", Problem.SIGN_IN_SESSION_UNKNOWN))
    yield "security-empty", si.SecurityPage(person, sessions[:1], (), "", zone, gone)
    yield "passkey-add", si.PasskeyAddPage(person)
    yield "passkey", si.PasskeyPage(person, passkeys[0], "我的手机", zone)
    unnamed = problems(("name", Problem.PASSKEY_NAME_INVALID))
    yield "passkey-problem", si.PasskeyPage(person, passkeys[1], "", zone, unnamed)
    yield "passkey-remove", si.PasskeyRemovePage(person, passkeys[0])
    yield "phone", si.PhonePage(person, "", "0100", WORK)
    yield "phone-problem", si.PhonePage(person, "1", "", "", problems(("phone", Problem.PHONE_INVALID)))
    yield "phone-code", si.PhoneCodePage(person, KEY, 5)


def booking_pages(language: Language) -> Iterator[tuple[str, Page]]:
    person = frame(language, "/bookings/x", Visitor.PERSON)
    document = c.DocumentFacts(DocumentType.RESIDENT_ID, "002X")
    for state in State:
        who = frame(language, "/bookings/x", Visitor.PERSON, notice=True) if state == "booked" else person
        late = state is State.ARRIVED
        yield f"booking-{state}", c.BookingPage(who, booking(state, late=late), document, NOW, True, KEY)  # noqa: FBT003
    yield (
        "booking-problem",
        c.BookingPage(
            person,
            booking(State.EXPIRED),
            document,
            NOW,
            can_give_back=False,
            idempotency_key=KEY,
            problem=Problem.HOLD_EXPIRED,
        ),
    )
    for_child = c.BookingPage(
        person,
        replace(booking(State.HELD), for_other=True, patient_name="王小朵"),
        document,
        NOW,
        can_give_back=True,
        idempotency_key=KEY,
        guardian=True,
    )
    yield "booking-for-child", for_child
    for_adult = replace(booking(State.BOOKED), for_other=True, patient_name="王奶奶")
    yield "booking-for-adult", replace(for_child, booking=for_adult, document=None, guardian=False)
    yield "booking-by-carer", replace(for_child, booking=booking(State.HELD), guardian=False, booked_by="王小明")
    yield "give-back", c.GiveBackPage(person, booking(State.BOOKED), KEY)
    mine = frame(language, "/bookings", Visitor.PERSON)
    upcoming = (booking(State.HELD), booking(State.BOOKED), for_adult)
    past = tuple(booking(state) for state in State if state not in {State.HELD, State.BOOKED})
    yield "bookings", c.BookingsPage(mine, upcoming, past)
    yield "bookings-empty", c.BookingsPage(mine, (), ())


def desk_pages(language: Language) -> Iterator[tuple[str, Page]]:
    yield from staff_pages(language)
    yield "desk-sign-in", ss.StaffSignInPage(frame(language, "/desk/sign-in"), "", "/desk")
    wrong = problems(("username", Problem.SIGN_IN_WRONG))
    yield "desk-sign-in-problem", ss.StaffSignInPage(frame(language, "/desk/sign-in"), "chen", "", WORK, wrong)
    staff = frame(language, "/desk", Visitor.STAFF)
    sessions = tuple(d.DeskSession(session(number), 12, 20, 3, 2) for number in range(3))
    people = tuple(
        d.ExpectedPerson(
            identifier(300 + number),
            name,
            session(1),
            number + 7,
            NOW,
            state,
            "9RWD",
            NOW if state is State.ARRIVED else None,
            late=True,
        )
        for number, (name, state) in enumerate(
            [("王小明", State.BOOKED), ("Maria Silva", State.ARRIVED), ("赵雷", State.NO_SHOW)]
        )
    )
    empty = c.DocumentFields("resident_id", "")
    yield "desk", d.DeskDayPage(staff, HOSPITAL, DAY, sessions, sessions[0].facts.id, people, 63, 1, 3, KEY, empty)
    yield "desk-empty", d.DeskDayPage(staff, HOSPITAL, DAY, (), None, (), 0, 1, 1, KEY, empty)
    arrived = d.CheckInResult(NOW, patient_name="王小明", session=session(1), number=12, expected_at=NOW)
    refusals = [(reason, d.CheckInResult(NOW, reason, day=DAY if "day" in reason else None)) for reason in READ_OUT]
    for name, result in [("arrived", arrived), ("late", replace(arrived, late=True)), *refusals]:
        yield (
            f"desk-{name}",
            d.DeskDayPage(staff, HOSPITAL, DAY, sessions, None, people, 63, 2, 3, KEY, empty, result=result),
        )
    wrong = problems(("code", Problem.BOOKING_CODE_INVALID))
    yield (
        "desk-problem",
        d.DeskDayPage(staff, HOSPITAL, DAY, sessions, None, people, 3, 1, 1, KEY, empty, code="7KQM", problems=wrong),
    )
    counter = frame(language, "/desk/returned", Visitor.STAFF)
    returned = tuple(d.ReturnedSession(session(number), number) for number in (1, 2))
    yield "desk-returned", d.DeskReturnedPage(counter, HOSPITAL, returned, KEY, empty)
    yield "desk-returned-empty", d.DeskReturnedPage(counter, HOSPITAL, (), KEY, empty)
    done = d.BookedAtDesk("王小明", "7KQM4XTB9RWD", 12, session(1))
    yield "desk-returned-booked", d.DeskReturnedPage(counter, HOSPITAL, returned, KEY, empty, booked=done)
    yield (
        "desk-returned-problem",
        d.DeskReturnedPage(
            counter,
            HOSPITAL,
            returned,
            KEY,
            DOCUMENT,
            chosen=str(returned[0].facts.id),
            problem=Problem.CAP_WEEK,
            problems=problems(("document_number", Problem.PERSON_UNKNOWN)),
        ),
    )


def message_pages(language: Language) -> Iterator[tuple[str, Page]]:
    own = frame(language, "/me/email", Visitor.PERSON)
    yield "email", m.EmailPage(own, "somebody.with-a-long-name@department.hospital.example", offered=True)
    wrong = problems(("email", Problem.EMAIL_INVALID))
    yield "email-problem", m.EmailPage(own, "", offered=True, typed="somebody@", problems=wrong)
    yield "email-not-offered", m.EmailPage(own, "", offered=False)
    yield "email-code", m.EmailCodePage(own, KEY, 5)
    yield "email-code-problem", m.EmailCodePage(own, KEY, 5, problems(("code", Problem.ONE_TIME_CODE_WRONG)))
    admin = frame(language, "/admin/messages", Visitor.STAFF)
    previews = tuple(preview_of(template, language) for template in Template)
    tallies = tuple(m.Tally(way, state, 21_000) for way in Way for state in MessageState)
    failures = tuple(m.Failure("booking_confirmed", Way.SMS, MessageState.QUEUED, error, 7, NOW) for error in SendError)
    yield "messages", m.MessagesPage(admin, previews, tallies, failures, 3, "Asia/Shanghai")
    yield "messages-quiet", m.MessagesPage(admin, previews[:1], (), (), 3, "Asia/Shanghai")
    yield "messages-words-alone", m.MessagesPage(admin, previews[:1], None, None, 3, "Asia/Shanghai")


def other_pages(language: Language) -> Iterator[tuple[str, Page]]:
    yield "about", c.AboutPage(frame(language, "/about", demo=False), 15)
    around = frame(language, "/demo/outbox")
    messages = (
        c.OutboxMessage(NOW, "138****0000", Language.CHINESE, "您的验证码是 482913，5 分钟内有效。"),
        c.OutboxMessage(NOW, "138****0001", Language.ENGLISH, "Your code is 482913. It can be used for 5 minutes."),
    )
    yield "outbox", c.OutboxPage(around, messages, "Asia/Shanghai")
    yield "outbox-empty", c.OutboxPage(around, (), "Asia/Shanghai")
    for status in (400, 403, 404, 409, 422, 429, 500, 503, 418):
        retry = 30 if status in {429, 503} else None
        yield f"error-{status}", c.ErrorPage(frame(language, "/"), status, "req-5f3a91", retry)


def every_page(language: Language) -> Iterator[tuple[str, Page]]:
    """Yield a name and a record for every page and state."""
    yield from finder_pages(language)
    yield from sign_in_pages(language)
    yield from security_pages(language)
    yield from booking_pages(language)
    yield from desk_pages(language)
    yield "me", MePage(frame(language, "/me", Visitor.PERSON))
    yield from account_pages(language, frame)
    yield from people_pages(language, frame, HOSPITAL, session(1))
    yield from request_pages(language, frame)
    yield from family_pages(language, frame, HOSPITAL)
    yield from admin_pages(language, frame)
    yield from oidc_pages(language, frame)
    yield from policy_pages(language, frame)
    yield from other_pages(language)
    yield from message_pages(language)


def staff_pages(language: Language) -> Iterator[tuple[str, Page]]:
    """Yield the pages of staff's sign-in."""
    around = replace(frame(language, "/staff/security"), visitor=Visitor.STAFF)
    wrong = (FieldProblem("code", Problem.SECOND_FACTOR_WRONG),)
    for recovery in (False, True):
        path = "/staff/recovery" if recovery else "/staff/second-step"
        name = path.rpartition("/")[2]
        yield f"staff-{name}", ss.StaffSecondStepPage(frame(language, path), "/desk", recovery)
        yield f"staff-{name}-problem", ss.StaffSecondStepPage(frame(language, path), "", recovery, WORK, wrong)
    address, secret = "otpauth://totp/Firsthand:chen?secret=GEZDGNBVGY3TQOJQ", "GEZD GNBV GY3T QOJQ"
    enrol = ss.StaffEnrolPage(frame(language, "/staff/enrol"), "/staff/enrol", "", address, secret)
    yield "staff-enrol", enrol
    yield "staff-enrol-problem", replace(enrol, problems=wrong)
    yield "staff-codes", ss.StaffCodesPage(around, tuple(f"7KQM4-XTB{n}R" for n in range(10)), "/desk")
    set_up = ss.StaffSetUpPage(frame(language, "/staff/set-up"), "token", "陈护士", "chen")
    yield "staff-set-up", set_up
    spent = (FieldProblem("", Problem.LINK_SPENT),)
    yield "staff-set-up-spent", replace(set_up, name="", username="", problems=spent)
    happened = tuple(ss.NewsFacts(kind, NOW, "王主任") for kind in (*ResetKind, *NewsKind))
    sessions, passkeys = own_devices()
    here = "/staff/security"
    security = ss.StaffSecurityPage(
        around,
        "chen",
        has_password=True,
        has_app=True,
        codes_left=9,
        news=happened,
        sessions=tuple(replace(one, role=Role.SUPERVISOR, hospital=HOSPITAL.name) for one in sessions),
        passkeys=passkeys,
        time_zone="Asia/Shanghai",
    )
    yield "staff-security", security
    yield "staff-passkey-add", si.PasskeyAddPage(around, here)
    yield "staff-passkey", si.PasskeyPage(around, passkeys[0], "我的手机", "Asia/Shanghai", here=here)
    yield "staff-passkey-remove", si.PasskeyRemovePage(around, passkeys[0], here=here)
    again = ss.StaffAgainPage(around, "chen", has_password=True, next="/staff/security")
    yield "staff-again", again
    wrong_password = (FieldProblem("password", Problem.PASSWORD_WRONG),)
    yield "staff-again-problem", replace(again, work=WORK, problems=wrong_password)
    yield "staff-again-passkey-alone", replace(again, has_password=False)
    bare = replace(security, has_app=False, codes_left=0, news=(), passkeys=(), sessions=security.sessions[:1])
    yield "staff-security-problem", replace(bare, problems=(FieldProblem("current", Problem.PASSWORD_WRONG),))
