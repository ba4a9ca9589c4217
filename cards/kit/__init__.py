"""The building blocks of every card: elements, forms, wording."""
