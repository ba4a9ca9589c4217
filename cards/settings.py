"""How a partner's space is spoken to."""
