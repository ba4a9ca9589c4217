"""The cards of each feature, and what comes back on them."""
