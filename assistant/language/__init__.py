"""What words say, by rules: lists, dates, numbers and names, kinds of answer, roles."""
