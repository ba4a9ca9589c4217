"""Knows: tables, pure policy, operations, queues and questions.

May not be here: the network, cards, words shown to people, the clock.
Imports neither cards nor bot.
"""
