"""Conversation: what people say to the bot is parsed, routed, handled and answered."""
