"""The decisions of booking. No clock, database or randomness is read here."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from firsthand.audit.model import ActorKind, Caller
from firsthand.booking.model import Booking, Counting, PatientDay, Reason, Refused, State, TakeFacts, TakeRequest
from firsthand.platform.access import Permission
from firsthand.platform.days import local_day
from firsthand.policy.model import BookingPolicy, Cap
from firsthand.release.model import Pool, SessionStatus

# For so long a place that came back counts against whoever held it.
ENDED_COUNTS: Final = timedelta(days=1)


def ties_needed(request: TakeRequest) -> set[tuple[UUID, UUID]]:
    """Return the pairs of carer and patient whose tie a request rests on: none for whoever books and pays himself."""
    others = {request.holder_id, request.payer} - {request.patient_id}
    return {(other, request.patient_id) for other in others}


def may_take(
    request: TakeRequest, session_hospital_id: UUID | None, acting: AbstractSet[tuple[UUID, UUID]] = frozenset()
) -> bool:
    """Say whether the caller may ask for this place at all.

    acting: the pairs of carer and patient of which the carer may act for the patient at this moment. A person books,
    as the holder, for himself or for somebody for whom he may act, from what is open to all. A desk books at its own
    hospital for a person who stands there, returned places too. Whoever pays may act for the patient. Nothing else
    books.
    """
    caller = request.caller
    if not ties_needed(request) <= acting:
        return False
    match caller.kind:
        case ActorKind.PERSON:
            return caller.id == request.holder_id and request.pool is Pool.OPEN
        case ActorKind.STAFF:
            return caller.may(Permission.BOOK_AT_DESK, at=session_hospital_id)
        case ActorKind.SYSTEM | ActorKind.NOBODY:
            return False


def is_for_another(booking: Booking) -> bool:
    """Say whether somebody else took the place than the patient: he has to do with it while he may act for him."""
    return booking.holder_id != booking.patient_id


def may_change(caller: Caller, booking: Booking, acting: AbstractSet[tuple[UUID, UUID]] = frozenset()) -> bool:
    """Say whether the caller may confirm or give back this booking: its patient, its holder, or the hospital's desk.

    acting: the pairs of carer and patient of which the carer may act for the patient at this moment. A holder for
    somebody else may no longer once the tie is over: the booking stays the patient's.
    """
    match caller.kind:
        case ActorKind.PERSON:
            holds = caller.id == booking.holder_id and (booking.holder_id, booking.patient_id) in acting
            return caller.id == booking.patient_id or holds
        case ActorKind.STAFF:
            return caller.may(Permission.CHANGE_BOOKING, at=booking.hospital_id)
        case ActorKind.SYSTEM | ActorKind.NOBODY:
            return False


def decide_take(facts: TakeFacts, policy: BookingPolicy, *, now: datetime) -> datetime | Refused:
    """Decide whether a place of the session may be taken, and until when it is then held.

    Whether a place is left is not among the facts: it is found out last, by taking one, so that a refused person
    learns nothing of what is free. now: an aware instant. Source: docs/decisions/0007-caps-and-holds.md.
    """
    session = facts.session
    if session is None:
        return Refused(Reason.SESSION_UNKNOWN)
    if not facts.permitted:
        return Refused(Reason.NOT_PERMITTED)
    if not facts.patient_known:
        return Refused(Reason.PERSON_UNKNOWN)
    if session.status is not SessionStatus.OPEN:
        return Refused(Reason.SESSION_CLOSED)
    today = local_day(now, session.time_zone)
    if session.day > today + timedelta(days=policy.booking_days_ahead_max):
        return Refused(Reason.TOO_EARLY)
    if now > session.ends_at - timedelta(minutes=policy.take_cutoff_minutes):
        return Refused(Reason.TOO_LATE)
    if facts.holds_live >= policy.holds_live_max:
        return Refused(Reason.TOO_MANY_HOLDS)
    if facts.ended_in_a_day >= policy.ended_a_day_max:
        return Refused(Reason.TOO_MANY_RETURNS)
    cap = first_cap_reached(facts.patient_days, PatientDay.of(session), policy.caps)
    if cap is not None:
        return Refused(Reason.CAP_REACHED, cap.name)
    return now + timedelta(seconds=policy.hold_seconds)


def first_cap_reached(booked: Iterable[PatientDay], wanted: PatientDay, caps: Iterable[Cap]) -> Cap | None:
    """Return the first cap that one more booking on `wanted` would pass, or None.

    A cap over several days holds for every run of so many days that has the wanted day in it, before it and after.
    """
    booked = list(booked)
    for cap in caps:
        days = sorted(
            entry.day
            for entry in booked
            if not cap.per_department
            or (entry.hospital_id, entry.department_id) == (wanted.hospital_id, wanted.department_id)
        )
        if len(days) < cap.max_count:
            continue
        for offset in range(cap.days):
            first = wanted.day - timedelta(days=offset)
            last = first + timedelta(days=cap.days - 1)
            if sum(first <= day <= last for day in days) >= cap.max_count:
                return cap
    return None


def widest_cap_days(policy: BookingPolicy) -> int:
    """Return how many days before and after a wanted day its caps look at."""
    return max((cap.days - 1 for cap in policy.caps), default=0)


def counted_until(counting: Iterable[Counting], widest: int, *, late: timedelta, now: datetime) -> datetime | None:
    """Return until which instant any of these bookings counts against a cap, None where none does at `now`.

    widest: as `widest_cap_days` says it. late: how long after its end a hold may still be found confirmed.
    A booking of a day counts for every day up to `widest` days after it, wherever the hospital is.
    """
    instants = [_counts_until(one, widest, late=late) for one in counting]
    return max((instant for instant in instants if instant > now), default=None)


def _counts_until(one: Counting, widest: int, *, late: timedelta) -> datetime:
    if one.ended_at is not None:
        return one.ended_at + ENDED_COUNTS
    # From the next midnight at the hospital on, no day that can be booked is near enough.
    free_on = one.day + timedelta(days=widest + 1)
    free_from = datetime.combine(free_on, time(), ZoneInfo(one.time_zone)).astimezone(UTC)
    return max(free_from, one.held_until + late) if one.state is State.HELD else free_from


def decide_confirm(booking: Booking, *, now: datetime) -> Refused | None:
    """Decide whether a booking may be confirmed: None when it may. now: an aware instant."""
    match booking.state:
        case State.HELD:
            return None if now < booking.held_until else Refused(Reason.HOLD_EXPIRED)
        case State.EXPIRED:
            return Refused(Reason.HOLD_EXPIRED)
        case State.BOOKED | State.ARRIVED | State.NO_SHOW:
            return Refused(Reason.ALREADY_BOOKED)
        case State.GIVEN_BACK:
            return Refused(Reason.ALREADY_ENDED)


def decide_give_back(booking: Booking, policy: BookingPolicy, *, now: datetime) -> Refused | None:
    """Decide whether a booking may be given back: None when it may. A hold always may. now: an aware instant."""
    match booking.state:
        case State.HELD:
            return None
        case State.BOOKED:
            cutoff = booking.starts_at - timedelta(minutes=policy.give_back_cutoff_minutes)
            return None if now <= cutoff else Refused(Reason.TOO_LATE)
        case State.GIVEN_BACK | State.EXPIRED | State.ARRIVED | State.NO_SHOW:
            return Refused(Reason.ALREADY_ENDED)
