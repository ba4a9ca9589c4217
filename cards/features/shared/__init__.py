"""Cards and parts of cards that several features use."""
