"""Text that the doors share: words for numbers, slices and values. Imports no other view."""
