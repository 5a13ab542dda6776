"""A record for every page of administration, emergencies and the record, and every state that each can show."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Channel, Tail
from firsthand.audit.reading import ReadLine, ReadPage, SealState
from firsthand.booking.emergency import EmergencyRecord, Expected
from firsthand.channels.web import admin_contexts as a
from firsthand.channels.web import admin_sign_in_contexts as sg
from firsthand.channels.web import emergency_contexts as e
from firsthand.channels.web.contexts import DocumentFields, HospitalChoice
from firsthand.channels.web.frame import FieldProblem, Frame, Problem, Standing, Visitor
from firsthand.channels.web.render import Page
from firsthand.channels.web.staff_sign_in_contexts import NewsFacts
from firsthand.channels.web.ways import REVIEWS, home_of, ways_of
from firsthand.directory.emergency.model import OPEN_FOR, Access, Review
from firsthand.directory.hospital.model import BY_HAND, Entry, Hospital, Kind, Managed, StoredHospital
from firsthand.directory.staff.model import Duty, Staff, Username
from firsthand.directory.staff.reading import Listed, Member
from firsthand.directory.staff_sign_in.resets import Done
from firsthand.identity.news.model import News, NewsKind
from firsthand.identity.reset.model import ResetKind
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language

NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
ZONE = "Asia/Shanghai"
HOSPITAL = "第三人民医院"
LONG = "A long name " * 8
HERE, THERE = UUID(int=1), UUID(int=2)
CHEN, WANG = UUID(int=1000), UUID(int=1001)

FrameOf = Callable[..., Frame]


def admin_pages(language: Language, frame: FrameOf) -> Iterator[tuple[str, Page]]:
    """Yield a name and a record for every page and state. frame: of a path and a visitor."""

    def around(path: str, role: Role = Role.CITY_ADMIN, *, waiting: int = 0) -> Frame:
        caller = Caller(ActorKind.STAFF, WANG, Channel.WEB, "sample", None if role.is_of_city else HERE, role)
        ways = ways_of(caller, _EVERY_PAGE, {REVIEWS: waiting})
        standing = Standing(role, "" if role.is_of_city else HOSPITAL, home_of(role), ways)
        shown: Frame = frame(language, path, Visitor.STAFF)
        return replace(shown, standing=standing)

    for role in Role:
        yield f"admin-{role.value}", a.AdminPage(around("/admin", role, waiting=3))
    yield from _staff(around)
    yield from _hospitals(around)
    yield from _emergencies(around)
    yield from _reviews(around)
    yield from _record(around)


def problems(*pairs: tuple[str, Problem]) -> tuple[FieldProblem, ...]:
    return tuple(FieldProblem(field, problem) for field, problem in pairs)


_DESK = ("returned", "people", "family", "corrections", "emergency")
_ADMIN = ("requests", "reviews", "staff", "hospitals", "policies", "messages", "sign-ins", "audit")
_EVERY_PAGE = {"/desk", *(f"/desk/{name}" for name in _DESK), *(f"/admin/{name}" for name in _ADMIN)}


def member(*duties: Duty, active: bool = True, hospital: UUID | None = HERE, name: str = "陈护士") -> Member:
    staff = Staff(CHEN, hospital, Username("chen.desk"), name, active)
    return Member(staff, duties, {HERE: HOSPITAL, THERE: LONG})


def duty(number: int, role: Role, hospital: UUID | None = HERE, ends_at: datetime | None = None) -> Duty:
    return Duty(UUID(int=2000 + number), CHEN, hospital, role, NOW - timedelta(days=9), ends_at)


DUTIES = (
    duty(1, Role.SUPERVISOR),
    duty(2, Role.DESK, THERE, NOW + timedelta(days=20)),
    duty(3, Role.CITY_ADMIN, None),
)
PAST = (duty(4, Role.OFFICER, THERE, NOW - timedelta(days=1)),)
CHOICES = (HospitalChoice(HERE, HOSPITAL), HospitalChoice(THERE, LONG))
HOSPITAL_ROLES = tuple(role for role in Role if not role.is_of_city)

Around = Callable[..., Frame]


def _staff(around: Around) -> Iterator[tuple[str, Page]]:
    listed = (
        Listed(member().staff, HOSPITAL, DUTIES),
        Listed(member(hospital=None, name=LONG).staff, "", ()),
        Listed(member(active=False, name="王医生").staff, LONG, ()),
    )
    page = around("/admin/staff")
    yield "admin-staff", a.StaffListPage(page, "", listed, 132, 2, 3, of_city=True)
    own = around("/admin/staff", Role.HOSPITAL_ADMIN)
    yield "admin-staff-of-hospital", a.StaffListPage(own, "chen", listed[:1], 1, 1, 1, of_city=False)
    yield "admin-staff-nobody", a.StaffListPage(page, "x" * 100, (), 0, 1, 1, of_city=True)
    new = around("/admin/staff/new")
    yield "admin-staff-new", a.StaffNewPage(new, {}, tuple(Role), CHOICES)
    typed = {"username": "x", "display_name": "陈护士", "role": "desk", "hospital": str(THERE)}
    wrong = problems(
        ("display_name", Problem.DISPLAY_NAME_INVALID),
        ("username", Problem.USERNAME_INVALID),
        ("role", Problem.ROLE_MISSING),
        ("hospital", Problem.ROLE_AND_HOSPITAL),
        ("password", Problem.PASSWORD_UNACCEPTABLE),
    )
    yield "admin-staff-new-problem", a.StaffNewPage(new, typed, HOSPITAL_ROLES, CHOICES, wrong)
    one = around(f"/admin/staff/{CHEN}")
    everything = a.StaffPage(
        frame=one,
        member=member(*DUTIES, *PAST),
        live=DUTIES,
        past=PAST,
        manageable=frozenset(one.id for one in DUTIES[:2]),
        looks_after=True,
        roles=tuple(Role),
        hospitals=CHOICES,
        time_zone=ZONE,
        typed={},
    )
    yield "admin-staff-one", everything
    held = problems(("role", Problem.DUTY_HELD), ("ends", Problem.END_INVALID))
    yield "admin-staff-one-problem", replace(everything, typed={"role": "desk", "ends": "2020-01-01"}, problems=held)
    bare = replace(everything, live=(), past=(), manageable=frozenset(), member=member(), hospitals=())
    yield "admin-staff-one-idle", replace(bare, roles=HOSPITAL_ROLES)
    gone = member(*PAST, active=False)
    yield "admin-staff-one-left", replace(bare, member=gone, past=PAST, roles=(), looks_after=False)
    lately = tuple(NewsFacts(kind, NOW, LONG) for kind in (*ResetKind, *NewsKind))
    ways = sg.WaysFacts(has_password=True, has_app=True, passkeys=2, sessions=3, lately=lately)
    yield "admin-staff-one-sign-in", replace(everything, ways=ways)
    none = sg.WaysFacts(has_password=False, has_app=False, passkeys=0, sessions=0, lately=())
    yield "admin-staff-one-sign-in-bare", replace(bare, ways=none)
    yield "admin-staff-one-own", replace(everything, is_own=True, looks_after=False)
    for deed in sg.Deed:
        yield f"admin-sign-in-{deed}", sg.SignInDeedPage(one, member().staff, deed)
    refused = problems(("", Problem.STAFF_NOT_PERMITTED))
    yield "admin-sign-in-refused", sg.SignInDeedPage(one, member().staff, sg.Deed.LINK, refused)
    link = f"https://appointments.hospital.example/staff/set-up?link={'x7Kq' * 11}"
    yield "admin-sign-in-made", sg.SignInLinkPage(one, member().staff, link, NOW, ZONE)
    deeds = tuple(
        Done(News(UUID(int=4000), CHEN, kind, None, NOW), LONG, by) for kind in NewsKind for by in ("", "王主任")
    )
    yield "admin-sign-ins", sg.SignInsPage(around("/admin/sign-ins", Role.AUDITOR), deeds, 200, ZONE)
    yield "admin-sign-ins-none", sg.SignInsPage(around("/admin/sign-ins", Role.AUDITOR), (), 200, ZONE)
    yield "admin-staff-leave", a.StaffLeavePage(around(f"/admin/staff/{CHEN}/leave"), member().staff)
    mine = around("/staff/duties", Role.SUPERVISOR)
    names = {HERE: HOSPITAL, THERE: LONG}
    yield "duties", a.DutiesPage(mine, DUTIES, names, DUTIES[0].id, ZONE)
    unknown = problems(("", Problem.DUTY_UNKNOWN))
    yield "duties-problem", a.DutiesPage(mine, DUTIES[:1], names, DUTIES[0].id, ZONE, unknown)


def _hospitals(around: Around) -> Iterator[tuple[str, Page]]:
    hospital = Hospital("h-1", HOSPITAL, ZONE, "解放路 12 号", "010-5555 0100", "https://hospital.example")
    stored = (StoredHospital(HERE, hospital), StoredHospital(THERE, Hospital("h-2", LONG, ZONE)))
    page = around("/admin/hospitals")
    yield "admin-hospitals", a.HospitalListPage(page, stored)
    yield "admin-hospitals-none", a.HospitalListPage(page, ())
    entries = (
        Entry(UUID(int=3000), "皮肤科", "皮肤科", None),
        Entry(UUID(int=3001), "心内科", "心血管内科", None),
        Entry(UUID(int=3002), LONG, LONG, NOW),
    )
    one = around(f"/admin/hospitals/{HERE}")
    managed = Managed(HERE, hospital, "https://feeds.example/$bulk-publish", frozenset(BY_HAND), entries, entries)
    yield "admin-hospital", a.HospitalPage(one, managed, {})
    bare = replace(managed, hospital=Hospital("h-2", HOSPITAL, ZONE), by_hand=frozenset(), departments=(), doctors=())
    yield "admin-hospital-bare", a.HospitalPage(one, bare, {})
    wrong = problems(
        ("name", Problem.TEXT_INVALID),
        ("phone", Problem.HOSPITAL_PHONE_INVALID),
        ("url", Problem.URL_INVALID),
        ("department_name", Problem.ENTRY_NAME_TAKEN),
        ("doctor_name", Problem.ENTRY_NAME_INVALID),
    )
    typed = {"phone": "call me", "url": "javascript:x", "department_name": "皮肤科"}
    yield "admin-hospital-problem", a.HospitalPage(one, managed, typed, wrong)
    at = around(f"/admin/hospitals/{HERE}/departments/{entries[1].id}")
    yield "admin-entry", a.EntryPage(at, managed, Kind.DEPARTMENT, entries[1], "心内科")
    taken = problems(("entry_name", Problem.ENTRY_NAME_TAKEN))
    yield "admin-entry-problem", a.EntryPage(at, managed, Kind.DOCTOR, entries[2], "皮肤科", taken)


def access(number: int, *, justified: bool | None = None, days: int = 0, staff_id: UUID = CHEN) -> Access:
    opened_at = NOW - timedelta(days=days)
    return Access(
        id=UUID(int=4000 + number),
        staff_id=staff_id,
        hospital_id=HERE,
        person_id=UUID(int=900),
        found_by="document" if number % 2 else "phone",
        reason="救护车送来，神志不清，身上没有证件" if number % 2 else f"Collapsed at the entrance. {LONG}",
        opened_at=opened_at,
        expires_at=opened_at + OPEN_FOR,
        reviewed_by=None if justified is None else WANG,
        reviewed_at=None if justified is None else opened_at + timedelta(hours=5),
        justified=justified,
        words="" if justified is None else "与急诊记录相符",
    )


def _emergencies(around: Around) -> Iterator[tuple[str, Page]]:
    page = around("/desk/emergency", Role.DESK)
    asked = e.EmergencyPage(page, DocumentFields(), {}, (), 30, ZONE)
    yield "emergency", asked
    yield "emergency-open", replace(asked, open=(access(1), access(2)))
    wrong = problems(
        ("document_number", Problem.DOCUMENT_NUMBER_INVALID),
        ("phone", Problem.PHONE_INVALID),
        ("name", Problem.SEVERAL_PEOPLE),
        ("reason", Problem.REASON_TOO_SHORT),
        ("understood", Problem.CONFIRM_EMERGENCY),
    )
    typed = {"phone": "1", "name": "王", "reason": "urgent"}
    yield "emergency-problem", replace(asked, typed=typed, problems=wrong)
    yield "emergency-too-many", replace(asked, problems=problems(("", Problem.TOO_MANY_EMERGENCIES)))
    record = EmergencyRecord(
        access(1),
        ("王小明", "Wang Xiaoming"),
        "+8613800000100",
        (Expected(HOSPITAL, "皮肤科", NOW + timedelta(hours=4), ZONE), Expected(LONG, "", NOW, ZONE)),
    )
    shown = around(f"/desk/emergency/{record.access.id}", Role.DESK)
    yield "emergency-record", e.EmergencyRecordPage(shown, record, ZONE)
    yield "emergency-record-bare", e.EmergencyRecordPage(shown, replace(record, phone="", expected=()), ZONE)


def _reviews(around: Around) -> Iterator[tuple[str, Page]]:
    def review(one: Access) -> Review:
        return Review(one, "陈护士", HOSPITAL, ZONE, "王小明", "" if one.justified is None else "王主任")

    page = around("/admin/reviews", Role.SUPERVISOR, waiting=3)
    late, own = access(2, days=5), access(3, staff_id=WANG)
    waiting = tuple(review(one) for one in (access(1), late, own))
    past = tuple(review(access(number, justified=number == 4, days=9)) for number in (4, 5))
    yield "reviews", e.ReviewsPage(page, waiting, past, WANG, frozenset({late.id}), None, {})
    at = waiting[0].access.id
    wrong = problems((f"justified-{at}", Problem.JUDGEMENT_MISSING), (f"reason-{at}", Problem.REASON_TOO_SHORT))
    typed = {"justified": "no", "reason": "no"}
    yield "reviews-problem", e.ReviewsPage(page, waiting[:1], (), WANG, frozenset(), at, typed, wrong)
    none = around("/admin/reviews", Role.AUDITOR)
    yield "reviews-none", e.ReviewsPage(none, (), (), WANG, frozenset(), None, {})


def _record(around: Around) -> Iterator[tuple[str, Page]]:
    page = around("/admin/audit", Role.AUDITOR)
    lines = tuple(
        ReadLine(
            n=14_000 - number,
            at=NOW,
            actor_kind=kind,
            actor_id=None if kind in {ActorKind.SYSTEM, ActorKind.NOBODY} else CHEN,
            channel="desk",
            request_id="req-5f3a91",
            action="directory.read_document_numbers",
            outcome="done" if number else "not_permitted",
            hospital_id=HERE if number else None,
            subject_id=UUID(int=5000),
            person_id=UUID(int=900) if number else None,
            purpose="see a person's record in an emergency" if number else None,
            detail='{"role": "desk", "kinds": "resident_id, passport"}' if number else "{}",
        )
        for number, kind in enumerate(ActorKind)
    )
    sealed = SealState(13_990, NOW, Tail(4, NOW))
    typed = {"since": "2026-03-01", "until": "2026-03-31", "action": "directory.read_document_numbers"}
    yield "audit", e.AuditPage(page, typed, ReadPage(lines, 13_990, sealed), ZONE)
    late = SealState(None, None, Tail(1, NOW - timedelta(hours=1)))
    yield "audit-late", e.AuditPage(page, {}, ReadPage(lines[:1], None, late), ZONE, late=True)
    yield "audit-none", e.AuditPage(page, {"outcome": "x" * 60}, ReadPage((), None, sealed), ZONE)
    wrong = problems(("since", Problem.DAY_INVALID), ("person", Problem.ID_INVALID))
    yield "audit-problem", e.AuditPage(page, {"since": "1999-01-01", "person": "me"}, None, ZONE, problems=wrong)
