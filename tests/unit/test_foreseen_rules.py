"""What is counted before a policy changes: whatever it makes tighter, and nothing else."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from firsthand.booking.foreseen.model import What
from firsthand.booking.foreseen.rules import questions_about
from firsthand.policy.documents import DocumentPolicy
from firsthand.policy.model import ArrivalPolicy, BookingPolicy, Cap
from tests.city import NO_CAPS
from tests.policy_samples import CHANGED, KIND, POLICIES

caps = st.lists(
    st.builds(Cap, st.sampled_from("ab"), st.integers(1, 3), per_department=st.booleans(), max_count=st.integers(0, 3)),
    max_size=3,
).map(tuple)
bookings = st.builds(lambda most, caps: replace(NO_CAPS, holds_live_max=most, caps=caps), st.integers(1, 3), caps)


@given(bookings, bookings)
def test_only_what_is_tighter_is_counted(before: BookingPolicy, after: BookingPolicy) -> None:
    asked = questions_about(before, after)
    assert (after.holds_live_max < before.holds_live_max) == any(one.what is What.HOLDERS for one in asked)
    for cap in after.caps:
        looser = [
            old for old in before.caps
            if (old.days, old.per_department) == (cap.days, cap.per_department) and old.max_count <= cap.max_count
        ]  # fmt: skip
        assert any(one.cap == cap for one in asked) != bool(looser)
    assert questions_about(after, after) == []


def test_each_kind_of_policy_is_asked_about_what_it_has() -> None:
    found = {name: [one.what for one in questions_about(POLICIES[name], CHANGED[name])] for name in POLICIES}
    assert found == {
        "booking": [What.PATIENTS], "arrival": [], "family": [What.CARERS], "messages": [],
        "document": [What.DOCUMENTS], "sign_in": [],
    }  # fmt: skip
    assert questions_about(ArrivalPolicy(1, 1, 1), DocumentPolicy(1, (KIND,))) == []
