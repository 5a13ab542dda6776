"""An authenticator app: how its codes are made, and how long a new secret waits for its first one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

# What every app can do. SHA-1 is what all of them assume; HMAC does not need its collision resistance.
# Source: RFC 6238, sections 1.2 and 5.2; RFC 4226, section 4 (a secret of 160 bits).
CODE_DIGITS: Final = 6
STEP_SECONDS: Final = 30
SECRET_BYTES: Final = 20
# One step to either side: a phone's clock may be half a minute off.
DRIFT_STEPS: Final = 1
ENROLMENT_VALID_FOR: Final = timedelta(minutes=15)
ISSUER: Final = "Firsthand"


@dataclass(frozen=True, slots=True)
class Totp:
    """Somebody's app. last_step: the latest time step whose code was used."""

    secret: bytes = field(repr=False)
    last_step: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret that is shown to be put into an app, until `expires_at`."""

    secret: bytes = field(repr=False)
    expires_at: datetime
