//! The environment: what this process was given, and what a program of ours hands on, as execve(2) takes it.
//!
//! Its one law: a variable is there once, with the value that it was given last.

use crate::text;
use std::ffi::{CStr, c_char};
use sys::files;

/// Where programs are looked for if PATH is not set.
pub const DEFAULT_PATH: &CStr = c"/bin:/usr/bin";

/// The value that this process was given for a variable.
pub fn variable(name: &str) -> Option<&'static CStr> {
    sys::environment().find_map(|variable| value_of(variable, name.as_bytes()))
}

/// The value, if it is the variable of this name.
fn value_of<'a>(variable: &'a CStr, name: &[u8]) -> Option<&'a CStr> {
    files::text(variable.to_bytes_with_nul().strip_prefix(name)?.strip_prefix(b"=")?)
}

/// Variables, each as `NAME=VALUE`.
pub struct Environment(Vec<&'static CStr>);

impl Environment {
    /// That of this process.
    pub fn inherited() -> Environment {
        Environment(sys::environment().collect())
    }

    /// Sets a variable, or removes it. What is set stays until the end of this process, which is near: it becomes the program.
    pub fn change(&mut self, name: &[u8], value: Option<&[u8]>) {
        self.0.retain(|variable| value_of(variable, name).is_none());
        self.0.extend(value.map(|value| &*Box::leak(text(&[name, b"=", value]).into_boxed_c_str())));
    }

    /// The pointers that a program is started with, the last one null. They lead into this value.
    pub fn pointers(&self) -> Vec<*const c_char> {
        pointers(&self.0)
    }
}

/// Pointers to texts, and a null behind them.
pub fn pointers(texts: &[&CStr]) -> Vec<*const c_char> {
    let mut pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
    pointers.push(std::ptr::null());
    pointers
}
