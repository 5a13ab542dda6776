"""The pages: each handler reads a request, asks the same actions as every channel, and answers with one record."""

from typing import Final

from litestar import Router

from firsthand.channels.web.forms import BODY_BYTES_MAX
from firsthand.channels.web.pages import (
    about,
    admin_hospitals,
    admin_staff,
    audit,
    bookings,
    corrections,
    desk,
    desk_family,
    duties,
    email,
    emergency,
    family,
    family_ask,
    finder,
    me,
    messages,
    my_data,
    outbox,
    own_names,
    passkeys,
    people,
    person_changes,
    person_record,
    person_sign_in,
    returned,
    security,
    sign_in,
    staff_security,
    staff_sign_in,
)
from firsthand.channels.web.pages.static import static_files

HANDLERS: Final = (
    Router(
        path="/",
        route_handlers=[
            *finder.HANDLERS,
            *person_sign_in.HANDLERS,
            *passkeys.HANDLERS,
            *security.HANDLERS,
            *sign_in.HANDLERS,
            *staff_sign_in.HANDLERS,
            *staff_security.HANDLERS,
            *bookings.HANDLERS,
            *desk.HANDLERS,
            *returned.HANDLERS,
            *people.HANDLERS,
            *person_record.HANDLERS,
            *person_changes.HANDLERS,
            *corrections.HANDLERS,
            *me.HANDLERS,
            *my_data.HANDLERS,
            *own_names.HANDLERS,
            *family.HANDLERS,
            *family_ask.HANDLERS,
            *desk_family.HANDLERS,
            *about.HANDLERS,
            *admin_staff.HANDLERS,
            *admin_hospitals.HANDLERS,
            *audit.HANDLERS,
            *emergency.HANDLERS,
            *duties.HANDLERS,
            *outbox.HANDLERS,
            *email.HANDLERS,
            *messages.HANDLERS,
        ],
        include_in_schema=False,
        request_max_body_size=BODY_BYTES_MAX,
    ),
    static_files(),
)
