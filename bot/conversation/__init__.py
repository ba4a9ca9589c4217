"""What is said to the bot, and what it answers: heard, routed, handled, said."""
