"""Reading a document number: never without a line that says so."""

from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Line
from firsthand.audit.store import append
from firsthand.identity.document import store
from firsthand.identity.document.model import Document
from firsthand.identity.model import Reason
from firsthand.platform.access import Permission
from firsthand.platform.scope import CityScope, HospitalScope, PersonScope, Scope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.documents import DocumentKind, DocumentPolicy


async def read_documents(world: World, caller: Caller, scope: Scope, person_id: UUID) -> list[Document]:
    """Return a person's documents, oldest first, and record who looked and what for.

    Under another person's scope, and for staff who may not, there are none to be read, which is recorded too.
    """
    async with world.database.transaction() as conn:
        permitted = _may_read(caller, scope)
        documents = await store.read(conn, world.keyring, scope, person_id) if permitted else []
        line = Line(
            at=world.clock.now(),
            caller=caller,
            action="identity.document_read",
            outcome=DONE if permitted else Reason.NOT_PERMITTED,
            hospital_id=scope.hospital_id if isinstance(scope, HospitalScope) else None,
            person_id=person_id,
            purpose=scope.purpose if isinstance(scope, CityScope) else None,
            detail={"documents": len(documents)},
        )
        await append(conn, [line])
        return documents


async def read_kinds(world: World) -> tuple[DocumentKind, ...]:
    """Return the kinds of documents that are accepted now besides the built-in ones, for forms that list them."""
    async with world.database.connection() as conn:
        return (await read_in_force(conn, DocumentPolicy, at=world.clock.now())).kinds


def _may_read(caller: Caller, scope: Scope) -> bool:
    match scope:
        case PersonScope(person_id):
            return caller.kind is ActorKind.SYSTEM or caller.id == person_id
        case HospitalScope(hospital_id):
            return caller.may(Permission.READ_DOCUMENTS, at=hospital_id)
        case CityScope():
            return caller.may(Permission.READ_DOCUMENTS, at=None)
