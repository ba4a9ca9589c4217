"""Adding and taking away services and licences of a running trial."""
