"""When signing in counts as attacked."""

from firsthand.identity.challenge.model import Counted
from firsthand.policy.model import SignInPolicy


def is_attacked(counted: Counted, policy: SignInPolicy, *, was_attacked: bool) -> bool:
    """Decide whether browsers are asked for work from now on.

    It begins as soon as one count reaches its threshold, and ends only when two windows have stayed well below both:
    an attack that comes and goes does not turn it off and on.
    """
    watched = ((counted.requests, policy.guard_on_requests), (counted.failures, policy.guard_on_failures))
    if not was_attacked:
        return any(now >= threshold for (_, now), threshold in watched)
    return any(100 * max(counts) >= threshold * policy.guard_off_percent for counts, threshold in watched)
