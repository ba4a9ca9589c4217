"""What several features need: finding trials and partners, their cards, and command buttons."""
