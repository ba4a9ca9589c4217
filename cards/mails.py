"""Ready texts for Cisco's mailboxes: plain, filled from the data, to copy on a phone."""
