"""The formats in which hospitals publish: SMART Scheduling Links and the CSV timetable."""
