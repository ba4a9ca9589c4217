"""A Webex of one's own: REST API, webhooks and a browser page, in memory, on a laptop."""
