"""A running process: startup and shutdown, the timetable, and the operator's commands."""
