"""How refusals of administration and of emergencies are told; `refusals.py` has those of the other rooms."""

from collections.abc import Mapping
from typing import Final

from firsthand.channels.web.frame import FieldProblem, Problem
from firsthand.directory.emergency.model import Reason as EmergencyReason
from firsthand.directory.hospital.model import Reason as HospitalReason
from firsthand.directory.hospital.model import Refused as HospitalRefused
from firsthand.directory.staff.model import Reason as StaffReason

STAFF: Final[Mapping[StaffReason, FieldProblem]] = {
    StaffReason.NOT_PERMITTED: FieldProblem("role", Problem.NOT_PERMITTED),
    StaffReason.USERNAME_INVALID: FieldProblem("username", Problem.USERNAME_INVALID),
    StaffReason.USERNAME_TAKEN: FieldProblem("username", Problem.USERNAME_TAKEN),
    StaffReason.DISPLAY_NAME_INVALID: FieldProblem("display_name", Problem.DISPLAY_NAME_INVALID),
    StaffReason.PASSWORD_UNACCEPTABLE: FieldProblem("password", Problem.PASSWORD_UNACCEPTABLE),
    StaffReason.PASSWORD_GUESSABLE: FieldProblem("password", Problem.PASSWORD_GUESSABLE),
    StaffReason.HOSPITAL_UNKNOWN: FieldProblem("hospital", Problem.HOSPITAL_UNKNOWN),
    StaffReason.STAFF_UNKNOWN: FieldProblem("", Problem.STAFF_UNKNOWN),
    StaffReason.DUTY_UNKNOWN: FieldProblem("", Problem.DUTY_UNKNOWN),
    StaffReason.DUTY_HELD: FieldProblem("role", Problem.DUTY_HELD),
    StaffReason.ROLE_AND_HOSPITAL: FieldProblem("hospital", Problem.ROLE_AND_HOSPITAL),
    StaffReason.NOT_ONESELF: FieldProblem("", Problem.NOT_ONESELF),
}

EMERGENCY: Final[Mapping[EmergencyReason, FieldProblem]] = {
    EmergencyReason.NOT_PERMITTED: FieldProblem("", Problem.NOT_PERMITTED),
    EmergencyReason.REASON_TOO_SHORT: FieldProblem("reason", Problem.REASON_TOO_SHORT),
    EmergencyReason.WORDS_INVALID: FieldProblem("reason", Problem.WORDS_INVALID),
    EmergencyReason.TOO_MANY: FieldProblem("", Problem.TOO_MANY_EMERGENCIES),
    EmergencyReason.PERSON_UNKNOWN: FieldProblem("", Problem.NOBODY_KNOWN),
    EmergencyReason.SEVERAL_PEOPLE: FieldProblem("name", Problem.SEVERAL_PEOPLE),
    EmergencyReason.ACCESS_UNKNOWN: FieldProblem("", Problem.ACCESS_UNKNOWN),
    EmergencyReason.ACCESS_OVER: FieldProblem("", Problem.ACCESS_OVER),
    EmergencyReason.OWN_ACCESS: FieldProblem("", Problem.OWN_ACCESS),
    EmergencyReason.ALREADY_REVIEWED: FieldProblem("", Problem.ALREADY_REVIEWED),
    EmergencyReason.LAPSED: FieldProblem("", Problem.REVIEW_LAPSED),
}

_HOSPITAL: Final[Mapping[HospitalReason, Problem]] = {
    HospitalReason.NOT_PERMITTED: Problem.NOT_PERMITTED,
    HospitalReason.NAME_INVALID: Problem.ENTRY_NAME_INVALID,
    HospitalReason.TEXT_INVALID: Problem.TEXT_INVALID,
    HospitalReason.PHONE_INVALID: Problem.HOSPITAL_PHONE_INVALID,
    HospitalReason.URL_INVALID: Problem.URL_INVALID,
    HospitalReason.NAME_TAKEN: Problem.ENTRY_NAME_TAKEN,
    HospitalReason.ENTRY_UNKNOWN: Problem.ENTRY_UNKNOWN,
}


def of_hospital(refused: HospitalRefused, field: str = "") -> FieldProblem:
    """Return how a refused change of a hospital is told. field: the input, where it has another name on the page."""
    return FieldProblem(field or refused.field, _HOSPITAL[refused.reason])
