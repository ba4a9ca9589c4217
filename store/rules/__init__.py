"""The rules of trials as pure functions: no transactions, queries or clock."""
