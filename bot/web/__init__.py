"""HTTP: webhooks, health and metrics, and the server in front of them."""
