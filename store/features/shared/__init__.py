"""What several features need: locking and keeping a trial, who somebody is, questions."""
