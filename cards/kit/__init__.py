"""What every card is built of: elements, forms, words."""
