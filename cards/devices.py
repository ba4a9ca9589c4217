"""A trial's shipments: what is out, what isn't known yet, and the forms that change them."""
