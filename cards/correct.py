"""Setting right what was recorded late or wrongly."""
