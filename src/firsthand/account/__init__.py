"""What a person is told of himself: all that is held on him, why, until when, and who looked."""
