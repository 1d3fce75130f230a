//! The documents below `doc/`: the tour is replayed, the manuals are compared with the programs, the how-to pages are tried, the
//! site is built and its links are followed.

mod debian_init;
mod how_to;
mod manuals;
mod pages;
mod site;
mod tour;
