"""What is served: webhooks, health, metrics; and the server in front of it."""
