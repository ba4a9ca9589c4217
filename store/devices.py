"""Shipments of devices: one a type and trial, their serials, and Cisco's extensions of them."""
