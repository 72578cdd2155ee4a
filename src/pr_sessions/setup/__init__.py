"""Setting a repository up and taking that back: planned as steps, then shown or carried out."""
