"""Emergency access to the record of a person whom a scope does not show: opened loudly, and reviewed by another."""
