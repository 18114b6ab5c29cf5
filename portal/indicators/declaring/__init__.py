"""Declared values of a plan: who must give which, entering with evidence, approval up the line, facts about people."""
