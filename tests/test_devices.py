"""Conversations about devices: what was shipped, until when, and Cisco's extensions."""
