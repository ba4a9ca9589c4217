"""Who looks after a trial, and handing over."""
