"""Who goes with an account, and whom it concerns besides."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ChildsWay(StrEnum):
    """What becomes of a child when a guardian's account is deleted.

    STAYS: it has a document of its own and stays a person. HANDED_OVER: another guardian is there, through whom it is
    found from then on. GOES: nobody could find it any more, so it is erased with its only guardian.
    """

    STAYS = "stays"
    HANDED_OVER = "handed_over"
    GOES = "goes"


@dataclass(frozen=True, slots=True)
class Child:
    """A child who was registered under a guardian. ids: every record of its; to: the guardian who takes it over."""

    ids: tuple[UUID, ...]
    way: ChildsWay
    to: UUID | None = None


@dataclass(frozen=True, slots=True)
class Household:
    """What hangs on an account. ids: every record of the person; others: whom his ties, or a child's, bind him to."""

    ids: tuple[UUID, ...]
    children: tuple[Child, ...]
    tie_ids: tuple[UUID, ...]
    others: frozenset[UUID]

    @property
    def going(self) -> tuple[UUID, ...]:
        """Every record that goes: the person's, and those of children whom nobody could find without him."""
        return (*self.ids, *(one for child in self.children if child.way is ChildsWay.GOES for one in child.ids))

    @property
    def concerned(self) -> frozenset[UUID]:
        """Everybody who is locked while the account is deleted."""
        return frozenset({*self.ids, *(one for child in self.children for one in child.ids), *self.others})
