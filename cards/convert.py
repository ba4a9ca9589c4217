"""Converting to paid: the checklist, ordered, provisioned."""
