"""Returns (RMA): the pick-up, and what came back by its serial number."""
