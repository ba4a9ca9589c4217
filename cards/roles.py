"""Who may do what for a partner."""
