"""Conversations about returns: the pick-up, the serials, what is still missing."""
