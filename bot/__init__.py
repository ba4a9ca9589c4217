"""Speaks: the web door, the Webex gateway, routes, the worker and the timetable."""
