"""What the demo says to people: a table of what happened, and how to sign in."""

from collections.abc import Iterator
from typing import Final

from rich.table import Table

from firsthand.channels.demo.model import Outcome

_ACTIONS: Final = {
    "take": "asked for a place",
    "confirm": "confirmed",
    "give_back": "gave back",
    "check_in": "stood at the desk",
    "book_at_desk": "asked the desk for a place",
    "open_emergency": "opened a record in an emergency",
}


def table_of(outcome: Outcome) -> Table:
    """Return what happened, in numbers."""
    table = Table(title=f"{outcome.from_day} to {outcome.until_day}, {outcome.time_zone}", title_justify="left")
    table.add_column("What happened")
    table.add_column("How often", justify="right")
    for what, count in _happened(outcome):
        table.add_row(what, f"{count:,}")
    for action, reasons in outcome.refused.items():
        table.add_section()
        for reason, count in reasons.items():
            table.add_row(f"{_ACTIONS[action]}, refused: {reason.replace('_', ' ')}", f"{count:,}")
    table.add_section()
    table.add_row("audit lines", f"{outcome.audit_lines:,}")
    table.add_row("  sealed into the log", f"{outcome.sealed:,}")
    return table


def _happened(outcome: Outcome) -> Iterator[tuple[str, int]]:
    yield from (
        ("hospitals", outcome.locations),
        ("sessions", outcome.slots),
        ("places in them", outcome.places),
        ("people", outcome.people),
        ("appointments booked", outcome.booked),
        ("  of these at a desk, from returned places", outcome.at_desk),
        ("  of these for a child, or an adult who agreed", outcome.booked_for_others),
        ("  given back", outcome.returned),
        ("  arrived", outcome.arrived),
        ("    late", outcome.late),
        ("  did not come", outcome.no_show),
        ("  still ahead", outcome.ahead),
        ("holds that ran out", outcome.held_expired),
        ("messages sent", outcome.messages),
        ("records opened in an emergency", outcome.emergencies),
        ("  of these reviewed", outcome.emergencies_reviewed),
        ("places left to book", outcome.bookable),
    )


def sign_ins_of(outcome: Outcome, base_url: str) -> Iterator[str]:
    """Return the addresses and the demo sign-ins, in lines."""
    yield ""
    yield f"Patients        {base_url}/"
    yield f"Staff           {base_url}/desk"
    yield f"Messages sent   {base_url}/demo/outbox   (the one-time codes are here)"
    yield f"API             {base_url}/api/openapi.json"
    yield ""
    yield "Sign in as a patient by phone, or by the number of a resident ID card; the code comes to the messages page:"
    for guest in outcome.guests:
        code = f", booking code {guest.code}" if guest.code else ""
        yield f"  {guest.phone}  {guest.document_number}  {guest.name} {guest.has}{code}"
    yield f"Sign in as staff at {base_url}/desk; the password is always: {outcome.desk_password}"
    for desk in outcome.desks:
        yield f"  {desk.username:<12} desk, {desk.hospital}"
    for member in outcome.staff:
        where = member.hospital or "the city"
        yield f"  {member.username:<12} {member.role.replace('_', ' ')}, {where}"
        if member.app_secret:
            yield f"  {'':<12} asks for a code too; put this secret into an authenticator app: {member.app_secret}"
