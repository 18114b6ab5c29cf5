"""The discreet track: what families who are accompanied learn, seen by nobody but those who accompany them."""
