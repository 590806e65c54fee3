"""A provider that is wrong in every way there is, one module each."""
