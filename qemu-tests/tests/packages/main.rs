//! The trees for build systems of distributions, as far as they can be proven without these: `boards/buildroot`, ….
//!
//! Their one law: what such a system would run is run here, with its own tools where they can be had; what cannot be proven so is
//! said in the README of the tree.

mod buildroot;
mod kconfig;
mod openwrt;

mod scripts;
mod yocto;
