//! The command line as scripts, hooks and CI see it.
