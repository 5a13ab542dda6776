"""A record for every page of a person's own data, with every list full and with every list empty."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from firsthand.account.listings import LISTINGS, term_of
from firsthand.account.model import Child, Form, Is, Listing, Look, PersonData, Section, Told, Who
from firsthand.account.words import LOOKS
from firsthand.channels.web.frame import FieldProblem, Frame, Problem, Visitor
from firsthand.channels.web.my_data_contexts import FileKind, MyDataPage, MyExportPage, MyLooksPage
from firsthand.channels.web.my_data_saying import Speaker, withheld_reasons
from firsthand.channels.web.my_data_words import CODES
from firsthand.channels.web.render import Page
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language

NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
ZONE = "Asia/Shanghai"
SELF, CHILD = UUID(int=1), UUID(int=2)
STAFF = Who(Is.STAFF, reference="K7QX-2M4P", roles=(Role.DESK, Role.SUPERVISOR))
_TOLD: dict[Form, Told] = {
    Form.TEXT: "王小明 <b>&amp;</b>",
    Form.INSTANT: NOW,
    Form.DAY: date(1990, 12, 31),
    Form.YES_NO: True,
    Form.COUNT: 12,
    Form.NUMBER: "**************002X",
    Form.KIND: "resident_id:002X",
    Form.PERSON: Who(Is.PERSON, "王奶奶"),
    Form.STAFF: STAFF,
    Form.HOSPITAL: "第三人民医院",
}


def section(listing: Listing, rows: int) -> Section:
    """Return a list with so many rows, in which each code of it comes in turn."""
    return Section(listing, term_of(listing), tuple(_row(listing, number) for number in range(rows)))


def _row(listing: Listing, number: int) -> dict[str, Told]:
    special: dict[str, Told] = {"template": "booking_confirmed", "language": "en"}
    return {
        column: special.get(column) or (_code(listing.key, column, number) if form is Form.WORD else _TOLD[form])
        for column, form in listing.forms.items()
    }


def _code(key: str, column: str, number: int) -> str:
    codes = sorted(CODES[key, column])
    return codes[number % len(codes)]


def looks() -> Iterator[Look]:
    """Yield a look of every kind, done and refused in turn, by each kind of actor."""
    who = (STAFF, Who(Is.PERSON, "王奶奶"), Who(Is.PERSON), Who(Is.HOUSE), Who(Is.YOU))
    for number, action in enumerate(LOOKS):
        hospital = "第三人民医院" if number % 5 == 0 else ""
        outcome = "not_permitted" if number % 3 == 2 else "done"
        yield Look(number, NOW, who[number % 5], action, outcome, "desk", hospital)


def account_pages(language: Language, frame: Callable[..., Frame]) -> Iterator[tuple[str, Page]]:
    """Yield the pages of a person's own data."""
    speaker = Speaker(language, ZONE)
    around = frame(language, "/me/data", Visitor.PERSON)

    def page(data: PersonData, child: str = "") -> MyDataPage:
        return MyDataPage(around, data, speaker.categories(data), withheld_reasons(language), child)

    children = (Child(CHILD, "王小朵"), Child(UUID(int=3), "A child with a long name in Latin letters"))
    full = PersonData(
        SELF, "", NOW, tuple(section(one, 7) for one in LISTINGS), 2, shows_numbers=False, children=children
    )
    single = tuple(section(one, 1) for one in LISTINGS)
    yield "my-data", page(replace(full, sections=single))
    yield "my-data-full", page(full)
    yield "my-data-many", page(replace(full, sections=tuple(section(one, 50) for one in LISTINGS)))
    yield "my-data-numbers", page(replace(full, sections=single, shows_numbers=True, others_bookings=0, children=()))
    empty = replace(full, sections=tuple(section(one, 0) for one in LISTINGS), others_bookings=1, children=())
    yield "my-data-empty", page(empty)
    yield "my-data-child", page(replace(full, of=CHILD, child="王小朵", sections=single, children=()), str(CHILD))
    seen = tuple(speaker.look(one) for one in looks())
    yield "my-looks", MyLooksPage(around, seen, "", "", 17, newer=False)
    yield "my-looks-last", MyLooksPage(around, seen[:2], "王小朵", str(CHILD), None, newer=True)
    yield "my-looks-empty", MyLooksPage(around, (), "", "", None, newer=False)
    yield "my-looks-past-the-end", MyLooksPage(around, (), "", "", None, newer=True)
    yield "my-export", MyExportPage(around, "", "", 10)
    wrong = (FieldProblem("confirm", Problem.EXPORT_NOT_CONFIRMED),)
    yield "my-export-problem", MyExportPage(around, str(CHILD), "王小朵", 10, FileKind.JSON, wrong)
