"""The database behind a URL: engines, transactions, column types, and what fails in them."""
