"""When a message goes out: quiet hours, what to do with one that is due, and how long to wait after a failed try."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from firsthand.messages.model import Message, SendError, State, StoredMessage, Template
from firsthand.policy.model import MessagePolicy

# Somebody waits for these with the page open: quiet hours never hold them back, whatever a policy says.
CODES: Final = frozenset(
    {
        Template.ONE_TIME_CODE,
        Template.ALREADY_REGISTERED_CODE,
        Template.EMAIL_CODE,
        Template.NEW_PHONE_CODE,
        Template.TIE_ASKED_CODE,
    }
)

# News of an appointment is worth a day's tries. After that people look at the page of messages.
USEFUL_FOR: Final = timedelta(days=1)
RETRY_SECONDS_MAX: Final = 600
# Longer than any sender may take, so that no second worker begins while the first may still be at it.
CLAIMED_FOR: Final = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Send:
    """It is to be sent now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It is not to be touched before an instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over without a sender. error: why, where that is to be known."""

    state: State
    error: SendError | None = None


def due_at(
    template: Template, policy: MessagePolicy, *, now: datetime, time_zone: str, concerns_at: datetime | None
) -> datetime:
    """Return when a message may first go out: `now`, or the end of the quiet hours that `now` lies in.

    Never held back: codes, what the policy exempts, and what speaks of a moment on the day on which the quiet hours end
    or before, so that news of today's appointment comes while it is of use.

    now, concerns_at: aware instants. time_zone: an IANA name, "" for the policy's. The answer is in UTC, or is `now`.
    """
    if template in CODES or template.value in policy.exempt:
        return now
    zone = ZoneInfo(time_zone or policy.time_zone)
    ends_at = quiet_until(policy, now=now, zone=zone)
    if ends_at is None:
        return now
    if concerns_at is not None and concerns_at.astimezone(zone).date() <= ends_at.astimezone(zone).date():
        return now
    return ends_at


def expires_at(message: Message, *, due: datetime) -> datetime:
    """Return from when on a message is of no use: as its writer says, else with the code in it, else after a day."""
    if message.expires_at is not None:
        return message.expires_at
    if message.template in CODES and "minutes" in message.facts:
        return due + timedelta(minutes=int(message.facts["minutes"]))
    return due + USEFUL_FOR


def quiet_until(policy: MessagePolicy, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the instant at which the quiet hours around the aware instant `now` end; None outside of them.

    They go by the clock on the wall. Where it is put forward over their end, they end a little later; where it is put
    back, at the first of the two.
    """
    if not is_quiet(policy, now, zone):
        return None
    today = now.astimezone(zone).date()
    ends = sorted(
        datetime.combine(today + timedelta(days=day), policy.quiet_until, zone).replace(fold=fold).astimezone(UTC)
        for day in range(3)
        for fold in (0, 1)
    )
    return next(end for end in ends if end > now and not is_quiet(policy, end, zone))


def is_quiet(policy: MessagePolicy, instant: datetime, zone: ZoneInfo) -> bool:
    """Say whether an aware instant lies in the quiet hours of a zone. Their first moment does, their end does not."""
    at, start, end = instant.astimezone(zone).time(), policy.quiet_from, policy.quiet_until
    return start <= at < end if start <= end else at >= start or at < end


def decide(message: StoredMessage, *, now: datetime) -> Send | Wait | Settle:
    """Decide what is done with a queued message at the aware instant `now`."""
    if not message.address:
        return Settle(State.DISCARDED)
    if message.send_after is not None and message.send_after > now:
        return Wait(message.send_after)
    if message.expires_at <= now:
        return Settle(State.GAVE_UP, message.last_error or SendError.TIME_OVER)
    return Send()


def next_try(message: StoredMessage, error: SendError, *, now: datetime) -> Wait | Settle:
    """Decide what follows a try that failed: a later one, or giving up where that would come too late.

    message: as it was before the try, whose number is `attempts + 1`.
    """
    at = now + timedelta(seconds=retry_seconds(message.attempts))
    return Wait(at) if at < message.expires_at else Settle(State.GAVE_UP, error)


def retry_seconds(attempts: int) -> int:
    """Return how long to wait after a try that `attempts` tries went before: 1, 2, 4 ... and then every 10 minutes."""
    return int(min(2 ** min(attempts, 16), RETRY_SECONDS_MAX))
