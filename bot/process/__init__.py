"""A running process: its start and end, its timetable, and what an operator asks of it."""
