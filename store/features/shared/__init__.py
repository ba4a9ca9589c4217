"""What features share: locking and saving trials, people and roles, queries."""
