"""Sessions that hospitals publish, the places in them, and how places find their patients."""
