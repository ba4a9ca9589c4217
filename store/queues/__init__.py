"""Every statement that touches a queue: inbox, outbox, reminders, slots, leases, pauses, beats."""
