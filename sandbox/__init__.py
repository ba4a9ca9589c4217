"""A private Webex in memory: REST API, webhooks and a browser page."""
