"""To which words somebody agreed, when, and who wrote it down."""
