"""Tables that people send: XLSX and CSV as Excel leaves them, read row by row, with faults as data. Pure."""
