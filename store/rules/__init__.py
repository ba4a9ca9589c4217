"""The rules of trials, pure: no transaction, no query, no clock."""
