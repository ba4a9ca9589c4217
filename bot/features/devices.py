"""The word `devices` and all that a shipment's card does."""
