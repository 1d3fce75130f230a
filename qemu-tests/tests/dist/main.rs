//! The release tree: its bytes, where it is installed, the paths that a build may set, and the completions.

mod completions;
mod paths;
mod tree;
