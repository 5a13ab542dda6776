"""Ties between carers and those for whom they act."""
