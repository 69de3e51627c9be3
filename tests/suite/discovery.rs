//! Which files are found, and what becomes of those that cannot be checked.
