"""Rendering of cards, parsing of submitted forms, and the wording.

No I/O of any kind. Imports the store's plain types and rules, never `bot`.
"""
