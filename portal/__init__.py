"""The portal: what binds courses and quizzes to people, places and reports. Importing it imports nothing."""
