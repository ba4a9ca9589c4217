"""What several features need: a trial in its place, refusals at fields, buttons that say a word."""
