"""E-mails: building, sending and their signed links. Nothing else here speaks SMTP."""
