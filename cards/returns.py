"""Sending devices back: by when, how from which country, and which serials are missing."""
