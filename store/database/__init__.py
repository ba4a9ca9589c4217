"""Database access: engines, transactions, column types and error classification."""
