"""The tests: of single units, of stores, of journeys in a browser, of races, and of faults."""
