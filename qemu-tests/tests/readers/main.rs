//! Programs of others that read supervise/status and drive sv, on live services of ours.
//!
//! Their one law: what they report is what `sv` says, and what they order is seen in the service itself. Source: sv(8), runsv(8).

mod ansible;
mod exporter;
