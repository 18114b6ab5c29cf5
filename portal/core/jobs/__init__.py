"""Work that outlives a request: a table is the truth, workers take jobs from it with a lease, a page shows progress."""
