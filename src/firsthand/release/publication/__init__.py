"""What hospitals publish: taken in whole or not at all, and compared with what is already here."""
