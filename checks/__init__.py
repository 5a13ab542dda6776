"""The house rules that no other linter knows. `python -m checks` looks at the whole tree."""
