"""From a `Table` to bytes: one file for each format."""
