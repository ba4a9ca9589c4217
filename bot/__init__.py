"""The running bot: web door, Webex gateway, routes, worker and timetable."""
