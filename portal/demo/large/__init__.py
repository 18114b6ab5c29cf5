"""The demonstration at the size of a province: the small one, and round it everybody else, written in bulk.

What is entered follows the portal's own rules: a post has dates, a completion its lessons, its passed attempt and the
post of its day, a certificate its completion; families have keys of their commune, and a consent. Everything follows
from the day and the seed but what must be random anywhere: the salt of passwords, and serials and signatures of the
certificates of the small demonstration, which are drawn and signed as always.

All other certificates are entered with their facts alone: a million files cannot be drawn and signed in minutes. Each
says so in its facts (`drawn` is false), and its digest is that of the facts. Whoever opens its file is told; its
number can be verified as any other. The trail of what was done (audit) begins with the small demonstration's.
"""
