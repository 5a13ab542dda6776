"""The table of roles: what a duty allows, and where."""

from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.platform.access import GRANTS, WORDS, Permission, Role, matrix, permits

OWN, OTHER, SOMEBODY = UUID(int=1), UUID(int=2), UUID(int=3)
roles, permissions = st.sampled_from(Role), st.sampled_from(Permission)


def test_the_page_of_roles_is_written_from_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "roles.md"
    assert page.read_text("utf-8") == matrix(), "run: python -m firsthand.platform.access > docs/roles.md"


def test_every_permission_has_words_and_somebody_who_has_it() -> None:
    assert set(WORDS) == set(Permission)
    assert set(GRANTS) == set(Role)
    assert set().union(*GRANTS.values()) == set(Permission)


@given(roles, permissions)
def test_a_hospitals_role_reaches_its_own_hospital_alone(role: Role, permission: Permission) -> None:
    granted = permission in GRANTS[role]
    own = None if role.is_of_city else OWN
    assert permits(role, own, permission, at=OWN) == granted
    assert permits(role, own, permission, at=OTHER) == (granted and role.is_of_city)
    assert permits(role, own, permission, at=None) == (granted and role.is_of_city)


@given(st.sampled_from(ActorKind), roles, permissions, st.sampled_from([OWN, OTHER, None]))
def test_only_staff_in_a_duty_and_the_house_itself_have_permissions(
    kind: ActorKind, role: Role, permission: Permission, at: UUID | None
) -> None:
    caller = Caller(kind, SOMEBODY, Channel.WEB, "test", OWN, role)
    expected = {ActorKind.SYSTEM: True, ActorKind.STAFF: permits(role, OWN, permission, at=at)}
    assert caller.may(permission, at=at) == expected.get(kind, False)


@pytest.mark.parametrize("at", [OWN, None])
def test_staff_without_a_duty_may_nothing(at: UUID | None) -> None:
    caller = Caller(ActorKind.STAFF, SOMEBODY, Channel.WEB, "test", OWN, None)
    assert not any(caller.may(permission, at=at) for permission in Permission)
