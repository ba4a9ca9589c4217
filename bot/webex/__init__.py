"""Access to Webex: the gateway over webexpythonsdk, and the connections beneath it."""
