# Writes lines without end.
BEGIN { for (number = 0;; number++) print text(boot, number) }
