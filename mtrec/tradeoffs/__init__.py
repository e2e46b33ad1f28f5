"""What tasks gain and lose as λ moves: many settings trained at once on one frozen encoder."""
