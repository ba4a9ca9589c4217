"""The word `return`: pick-up booked, serials returned."""
