"""Every statement on a queue: inbox, outbox, reminders, slots, leases, pauses, beats."""
