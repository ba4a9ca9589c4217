"""The week ahead of a space."""
