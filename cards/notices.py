"""What reminders say, kind by kind."""
