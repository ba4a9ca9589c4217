"""Shows and reads: rendering cards, parsing what was filled in, words.

May not be here: I/O of any kind. Imports store's plain types and rules, never bot.
"""
