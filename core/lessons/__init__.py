"""The chapter's figures as answers about any network: walks, paths, Jacobians, steps, descent."""
