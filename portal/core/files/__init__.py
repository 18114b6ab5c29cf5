"""Files that people send: checked by content, kept outside the web root, handed out as attachments only."""
