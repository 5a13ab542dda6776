"""The lines of a person's own data: nobody of the staff sees it by these actions, whatever his role."""

from firsthand.account import actions
from tests.roles.scene import OWN, Walked, Without

ROWS: tuple[Walked | Without, ...] = (
    Without(actions.read_data, OWN),
    Without(actions.read_whose, OWN),
    Without(actions.read_numbers, OWN),
    Without(actions.read_looks, OWN),
    Without(actions.export_data, OWN),
)
