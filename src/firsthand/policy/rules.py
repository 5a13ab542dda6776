"""Which version of a policy is in force."""

from collections.abc import Iterable
from datetime import datetime

from firsthand.policy.model import Body, Version


def in_force(versions: Iterable[Version[Body]], *, at: datetime) -> Body | None:
    """Return the body in force at an aware instant: that of the latest version to have begun. None before the first."""
    begun = [version for version in versions if version.effective_from <= at]
    return max(begun, key=lambda version: version.effective_from).body if begun else None
