"""Every action that has a caller, and which permission it asks for: the table that `tests/store/test_roles.py` walks.

A new action is one line. One that staff need a permission for:

    Walked(action, Permission.X, call, make=..., at=...)

`call` does it to what `make` returned; `make` sets the scene once for those who are refused, and anew for each who is
allowed. The scene lies at hospital 0. at: CITY where only those may who may so in the whole city. One that asks for no
permission, because it is a person's own affair, a stranger's, or the house's:

    Without(action, "why")
"""

from typing import Any
from uuid import UUID

import firsthand.arrival.actions as arrival
import firsthand.booking.actions as bookings
import firsthand.booking.emergency as emergency_record
import firsthand.directory.emergency.actions as emergency
import firsthand.directory.erasing as directory_erasing
import firsthand.directory.hospital.managing.actions as managing
import firsthand.directory.person.actions as people
import firsthand.directory.staff.actions as staff
import firsthand.identity.document.actions as documents
import firsthand.messages.actions as messages
import firsthand.release.publication.actions as publication
from firsthand.arrival.erasing import erase_appointments
from firsthand.arrival.model import CheckInRequest
from firsthand.audit import reading
from firsthand.audit.model import Caller
from firsthand.booking import desk, taking, telling
from firsthand.booking.model import ChangeRequest, Held, TakeRequest
from firsthand.directory import lapsing
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.hospital.model import Kind
from firsthand.directory.staff import duties
from firsthand.directory.staff import reading as staff_reading
from firsthand.platform.access import Permission, Role
from firsthand.release.model import Pool
from tests.conftest import START
from tests.roles import accounts, counter, families, own_sign_in, policies, requests, signing_in, staff_signing_in
from tests.roles.scene import HOUSE, WHY, Scene, Walked, Without, one
from tests.staffing import PASSWORD


async def take_returned(scene: Scene, caller: Caller, number: int) -> list[Any]:
    """Take the place that came back."""
    person_id = scene.city.person_ids[number]
    request = TakeRequest(caller, scene.city.session_ids[0], person_id, person_id, Pool.RETURNED)
    answers = await taking.take_places(scene.world, [request])
    assert all(isinstance(answer, Held) or type(answer).__name__ == "Refused" for answer in answers)
    return list(answers)


async def book_returned(scene: Scene, caller: Caller, number: int) -> object:
    """Book the place that came back."""
    document = scene.city.documents[number]
    request = desk.DeskRequest(caller, scene.scope, scene.city.session_ids[0], document, Pool.RETURNED)
    return await desk.book_at_desk(scene.world, request)


async def open_and_read(scene: Scene, caller: Caller) -> object:
    """Read the record that the caller opens, or, where he may not open one, one that a colleague has opened."""
    opened = await emergency.open_record(scene.world, caller, Wanted(scene.city.documents[0]), WHY)
    access_id = opened.id if isinstance(opened, Access) else UUID(int=1)
    return await emergency_record.read_emergency_record(scene.world, caller, access_id)


async def add_clerk(scene: Scene, caller: Caller, role: Role) -> object:
    """Add somebody in a role."""
    return await staff.add_staff(
        scene.world,
        caller,
        None if role.is_of_city else scene.here,
        username=f"added.{scene.number()}",
        display_name="Added",
        role=role,
        password=PASSWORD,
    )


TABLE: tuple[Walked | Without, ...] = (
    *accounts.ROWS,
    *counter.ROWS,
    *families.ROWS,
    *own_sign_in.ROWS,
    *policies.ROWS,
    *requests.ROWS,
    *signing_in.ROWS,
    *staff_signing_in.ROWS,
    # arrival
    Walked(arrival.read_desk_day, Permission.SEE_DAY,
           lambda s, c, _: arrival.read_desk_day(s.world, c, s.scope, START.date())),
    Walked(arrival.read_patient, Permission.SEE_DAY,
           lambda s, c, made: arrival.read_patient(s.world, c, s.scope, made[1].booking_id), Scene.booked, empty=True),
    Walked(arrival.check_in, Permission.CHECK_IN,
           lambda s, c, made: arrival.check_in(s.world, CheckInRequest(c, made[1].code, s.city.documents[made[0]])),
           Scene.booked),
    Without(arrival.mark_no_shows, HOUSE),
    # booking
    Walked(bookings.confirm_bookings, Permission.CHANGE_BOOKING,
           lambda s, c, made: one(bookings.confirm_bookings(s.world, [ChangeRequest(c, made[1])])), Scene.held),
    Walked(bookings.give_back_bookings, Permission.CHANGE_BOOKING,
           lambda s, c, made: one(bookings.give_back_bookings(s.world, [ChangeRequest(c, made[1])])), Scene.held),
    Walked(taking.take_places, Permission.BOOK_AT_DESK, lambda s, c, made: one(take_returned(s, c, made)),
           Scene.returned),
    Walked(desk.book_at_desk, Permission.BOOK_AT_DESK, book_returned, Scene.returned),
    Walked(emergency_record.read_emergency_record, Permission.BREAK_GLASS,
           lambda s, c, _: open_and_read(s, c), own=True),
    Without(bookings.expire_holds, HOUSE),
    Without(telling.tell_patient, HOUSE),
    Without(telling.tell_patients, HOUSE),
    # emergencies
    Walked(emergency.open_record, Permission.BREAK_GLASS,
           lambda s, c, made: emergency.open_record(s.world, c, Wanted(s.city.documents[made]), WHY), Scene.person,
           own=True),
    Walked(emergency.review_access, Permission.REVIEW_BREAK_GLASS,
           lambda s, c, made: emergency.review_access(s.world, c, made.id, justified=True, words=WHY), Scene.access),
    Walked(emergency.list_reviews, Permission.REVIEW_BREAK_GLASS,
           lambda s, c, _: emergency.list_reviews(s.world, c), own=True),
    Without(emergency.list_own_open, "the caller's own; there is none for anybody else"),
    Without(emergency.count_waiting, "a number on a page; None for one who reviews nothing"),
    # people
    Without(people.register_people, HOUSE),
    Without(people.index_phones, HOUSE),
    Walked(documents.read_documents, Permission.READ_DOCUMENTS,
           lambda s, c, made: documents.read_documents(s.world, c, s.scope, s.city.person_ids[made]), Scene.person,
           empty=True),
    # the house
    Without(erase_appointments, HOUSE),
    Without(directory_erasing.erase_ties, HOUSE),
    Without(directory_erasing.erase_corrections, HOUSE),
    Without(directory_erasing.erase_emergencies, HOUSE),
    Without(directory_erasing.erase_resets, HOUSE),
    Without(directory_erasing.erase_sign_ins, HOUSE),
    Without(directory_erasing.erase_requests, HOUSE),
    Without(directory_erasing.erase_merged, HOUSE),
    Without(lapsing.lapse_corrections, HOUSE),
    Without(lapsing.lapse_emergencies, HOUSE),
    Without(messages.erase_messages, HOUSE),
    Walked(reading.read_lines, Permission.READ_AUDIT,
           lambda s, c, _: reading.read_lines(s.world, c, reading.Wanted()), city=True),
    Walked(managing.read_managed, Permission.MANAGE_HOSPITAL,
           lambda s, c, _: managing.read_managed(s.world, c, s.here), quiet=True),
    Walked(managing.say_of_hospital, Permission.MANAGE_HOSPITAL,
           lambda s, c, _: managing.say_of_hospital(s.world, c, s.here, {"phone": f"010 5555 01{s.number():>02}"})),
    Walked(managing.leave_to_feed, Permission.MANAGE_HOSPITAL,
           lambda s, c, _: managing.leave_to_feed(s.world, c, s.here, "phone"), Scene.said_by_hand),
    Walked(managing.add_entry, Permission.MANAGE_HOSPITAL,
           lambda s, c, _: managing.add_entry(s.world, c, s.here, Kind.DOCTOR, f"Dr {s.number()}")),
    Walked(managing.rename_entry, Permission.MANAGE_HOSPITAL,
           lambda s, c, made: managing.rename_entry(s.world, c, s.here, Kind.DOCTOR, made, f"Dr {s.number()}"),
           Scene.doctor),
    Walked(managing.retire_entry, Permission.MANAGE_HOSPITAL,
           lambda s, c, made: managing.retire_entry(s.world, c, s.here, Kind.DOCTOR, made), Scene.doctor),
    # staff
    Walked(staff_reading.list_staff, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, _: staff_reading.list_staff(s.world, c), own=True),
    Walked(staff_reading.read_member, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: staff_reading.read_member(s.world, c, made.id), Scene.member),
    Walked(staff.add_staff, Permission.MANAGE_HOSPITAL_STAFF, lambda s, c, _: add_clerk(s, c, Role.DESK)),
    Walked(staff.add_staff, Permission.MANAGE_CITY_STAFF, lambda s, c, _: add_clerk(s, c, Role.AUDITOR), city=True),
    Walked(staff.deactivate_staff, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: staff.deactivate_staff(s.world, c, made.id), Scene.member),
    Walked(staff.deactivate_staff, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: staff.deactivate_staff(s.world, c, made.id),
           lambda s: s.member(Role.AUDITOR, None), city=True),
    Walked(duties.give_duty, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: duties.give_duty(s.world, c, made.id, Role.SUPERVISOR, s.here), Scene.member),
    Walked(duties.give_duty, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: duties.give_duty(s.world, c, made.id, Role.CITY_ADMIN, None), Scene.member, city=True),
    Walked(duties.end_duty, Permission.MANAGE_HOSPITAL_STAFF,
           lambda s, c, made: duties.end_duty(s.world, c, made.id), Scene.duty),
    Walked(duties.end_duty, Permission.MANAGE_CITY_STAFF,
           lambda s, c, made: duties.end_duty(s.world, c, made.id), lambda s: s.duty(Role.AUTHORITY), city=True),
    Without(duties.switch_duty, "a member's own duties, which his session says"),
    # messages
    Without(messages.send_message, HOUSE),
    Without(messages.take_report, "the gateway's, whose signature the channel has checked"),
    Walked(messages.read_counts, Permission.PREVIEW_MESSAGES,
           lambda s, c, _: messages.read_counts(s.world, c), city=True),
    Without(messages.read_recent, "the demo's page; refused on every other deployment"),
    # release
    Without(publication.import_publication, HOUSE),
)  # fmt: skip
