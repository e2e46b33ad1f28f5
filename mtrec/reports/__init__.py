"""What a finished run has to say: about tasks, about new texts, about people."""
