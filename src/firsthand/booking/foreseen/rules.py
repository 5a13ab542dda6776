"""Which changes of a policy touch what is there already."""

from firsthand.booking.foreseen.model import Question, What
from firsthand.policy.documents import DocumentPolicy
from firsthand.policy.model import BookingPolicy, Cap, FamilyPolicy, Policy


def questions_about(before: Policy, after: Policy) -> list[Question]:
    """Return what is to be counted when one policy follows another of its kind: whatever it makes tighter."""
    match before, after:
        case BookingPolicy(), BookingPolicy():
            caps = [cap for cap in after.caps if not any(_covers(old, cap) for old in before.caps)]
            most = after.holds_live_max
            holds = [Question(What.HOLDERS, most)] if most < before.holds_live_max else []
            return holds + [Question(What.PATIENTS, cap.max_count, cap) for cap in caps]
        case FamilyPolicy(), FamilyPolicy():
            asked = [
                (What.CARERS, before.dependants_max, after.dependants_max),
                (What.DEPENDANTS, before.carers_max, after.carers_max),
            ]
            return [Question(what, new) for what, old, new in asked if new < old]
        case DocumentPolicy(), DocumentPolicy():
            kept = {kind.code for kind in after.kinds}
            return [Question(What.DOCUMENTS, kind=kind.code) for kind in before.kinds if kind.code not in kept]
        case _:
            return []


def _covers(old: Cap, new: Cap) -> bool:
    """Say whether nobody can be above the new cap who was not above the old one."""
    same = old.days == new.days and old.per_department == new.per_department
    return same and old.max_count <= new.max_count
