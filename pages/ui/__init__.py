"""What the pages share: state, forms, charts, words and the polling fragment."""
