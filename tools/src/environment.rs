//! The environment that a program of ours hands on, as execve(2) takes it.
//!
//! Its one law: a variable is there once, with the value that it was given last.

use std::ffi::{CString, c_char};
use std::os::unix::ffi::OsStringExt;

/// Variables, each as `NAME=VALUE`.
pub struct Environment(Vec<CString>);

impl Environment {
    /// That of this process.
    pub fn inherited() -> Environment {
        let variables = std::env::vars_os().map(|(name, value)| [name.into_vec(), value.into_vec()].join(&b'='));
        // The kernel gave them without a NUL, so none is left out.
        Environment(variables.filter_map(|variable| CString::new(variable).ok()).collect())
    }

    /// Sets a variable, or removes it.
    pub fn change(&mut self, name: &[u8], value: Option<&[u8]>) {
        let is_it =
            |variable: &CString| variable.to_bytes().strip_prefix(name).is_some_and(|rest| rest.starts_with(b"="));
        self.0.retain(|variable| !is_it(variable));
        self.0.extend(value.and_then(|value| CString::new([name, b"=", value].concat()).ok()));
    }

    /// The pointers that a program is started with, the last one null. They lead into this value.
    pub fn pointers(&self) -> Vec<*const c_char> {
        pointers(&self.0)
    }
}

/// Pointers to texts, and a null behind them.
pub fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([std::ptr::null()]).collect()
}
