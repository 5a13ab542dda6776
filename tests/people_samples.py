"""A record for every page about people at the desk, and every state that it can show, in a given language."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from uuid import UUID

from firsthand.booking.model import State as BookingState
from firsthand.channels.web import people_contexts as p
from firsthand.channels.web.contexts import DocumentFields, HospitalFacts, SessionFacts
from firsthand.channels.web.desk_contexts import BookedAtDesk
from firsthand.channels.web.frame import FieldProblem, Frame, Problem, Visitor
from firsthand.channels.web.render import Page
from firsthand.directory.correction.model import EvidenceKind, Kind, State
from firsthand.directory.counter.model import Basis, MaskedDocument, NameVariant, Record, Relative, VariantKind
from firsthand.directory.person.model import PersonName
from firsthand.platform.i18n import Language
from firsthand.policy.documents import Alphabet, DocumentKind

NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
KEY = "0f6f0f36-8f6c-4ad0-9f0e-2f5f5b1c9a10"
KINDS = (DocumentKind("military_id", "军人证件", "Military ID", (Alphabet.HAN, Alphabet.DIGITS), 6, 16),)
SOMEBODY = UUID(int=900)

FrameOf = Callable[..., Frame]


def record(basis: Basis, *, bare: bool = False) -> Record:
    """Return what the desk sees of somebody; a bare record has nothing but a name."""
    child = Relative(UUID(int=901), PersonName("王小朵"), date(2020, 2, 3))
    documents = (
        MaskedDocument(UUID(int=902), "resident_id", "002X", NOW),
        MaskedDocument(UUID(int=903), "military_id", "56", NOW),
        MaskedDocument(UUID(int=904), "a_kind_that_was", "", NOW),
    )
    return Record(
        person_id=SOMEBODY,
        basis=basis,
        name=PersonName("王小明"),
        variants=() if bare else (NameVariant(UUID(int=905), VariantKind.LATIN, PersonName("Wang Xiaoming")),),
        merged_names=() if bare else (PersonName("王晓明"),),
        born_on=None if bare else date(1990, 1, 1),
        phone_tail="" if bare else "0100",
        documents=() if bare else documents,
        children=() if bare else (child,),
        guardian=child if bare else None,
        merged=0 if bare else 1,
    )


def people_pages(
    language: Language, frame: FrameOf, hospital: HospitalFacts, session: SessionFacts
) -> Iterator[tuple[str, Page]]:
    """Yield a name and a record for every page and state. frame: of a path and a visitor."""
    around = frame(language, "/desk/people", Visitor.STAFF)
    fields = DocumentFields("military_id", "军字 123456", KINDS)
    for by in p.FindBy:
        yield f"people-find-{by}", p.FindPersonPage(around, hospital, by, fields, may_register=True, may_approve=True)
    found = (SOMEBODY, UUID(int=906))
    yield "people-several", p.FindPersonPage(around, hospital, p.FindBy.NAME, fields, found=found)
    yield (
        "people-nobody",
        p.FindPersonPage(
            around, hospital, p.FindBy.DOCUMENT, fields, nobody=True, may_register=True, problem=Problem.FIND_FIRST
        ),
    )
    wrong = (FieldProblem("born_on", Problem.BIRTH_INVALID), FieldProblem("name", Problem.NAME_MISSING))
    yield "people-new", p.NewPersonPage(around, fields, "王小明", "1990-01-01", "", language)
    yield "people-new-problem", p.NewPersonPage(around, fields, "", "x", "", language, wrong)
    bookings = (p.PersonBooking(session, 3, BookingState.BOOKED, "9RWD"),)
    for basis in Basis:
        changes = tuple(p.Change) if basis is Basis.DOCUMENT else ()
        yield (
            f"people-record-{basis}",
            p.PersonPage(
                around, hospital, record(basis), KINDS, bookings, changes, may_book=True, may_read_numbers=bool(changes)
            ),
        )
    numbers = (p.ShownNumber("military_id", "军字123456"),)
    yield "people-record-bare", p.PersonPage(
        around, hospital, record(Basis.DOCUMENT, bare=True), KINDS, (), (), may_book=False, may_read_numbers=False,
        numbers=numbers, problem=Problem.DOCUMENT_NEEDED,
    )  # fmt: skip
    for change in p.Change:
        yield f"people-change-{change}", p.ChangePersonPage(around, change, record(Basis.DOCUMENT), fields)
        note = (FieldProblem("note", Problem.NOTE_TOO_SHORT),) if change in {"correction", "merger"} else ()
        unseen = (FieldProblem("confirmed", Problem.CONFIRM_SEEN), *note)
        yield (
            f"people-change-{change}-problem",
            p.ChangePersonPage(around, change, record(Basis.DOCUMENT), fields, problems=unseen),
        )
    sessions = (
        p.BookableSession(session, f"open:{session.id}", 3, returned=False),
        p.BookableSession(session, f"returned:{session.id}", 1, returned=True),
    )
    done = BookedAtDesk("王小明", "7KQM4XTB9RWD", 3, session)
    yield "people-book", p.BookForPersonPage(around, hospital, SOMEBODY, "王小明", sessions, KEY)
    yield "people-booked", p.BookForPersonPage(around, hospital, SOMEBODY, "王小明", sessions, KEY, booked=done)
    yield (
        "people-book-empty",
        p.BookForPersonPage(around, hospital, SOMEBODY, "王小明", (), KEY, day="2026-03-27", problem=Problem.CAP_DAY),
    )
    cards = tuple(
        p.CorrectionCard(
            id=UUID(int=910 + number),
            kind=kind,
            state=state,
            name="王小明",
            other_name="王晓明" if kind is Kind.MERGER else "",
            document=("resident_id", "002X") if kind is Kind.DOCUMENT and number else None,
            replacement=("military_id", "56") if kind is Kind.DOCUMENT and number else None,
            evidence=EvidenceKind.ORIGINAL_DOCUMENT,
            note="证件原件末四位与登记不同。",
            asked_by="陈护士",
            asked_on=NOW.date(),
            asked_at=NOW,
            is_own=number == 1,
        )
        for number, (kind, state) in enumerate((kind, state) for kind in Kind for state in State)
    )
    yield "corrections", p.CorrectionsPage(around, hospital, cards, KINDS, 120, 2, 3)
    own = frame(language, "/me/names", Visitor.PERSON)
    yield "own-names", p.OwnNamesPage(own, record(Basis.DOCUMENT).variants)
    unnamed = (FieldProblem("name", Problem.NAME_MISSING), FieldProblem("kind", Problem.CHOICE_WRONG))
    yield "own-names-empty", p.OwnNamesPage(own, (), "x", "<b>", Problem.NAME_UNKNOWN, unnamed)
    yield "corrections-empty", p.CorrectionsPage(around, hospital, (), KINDS, 0, 1, 1, Problem.OWN_REQUEST)
