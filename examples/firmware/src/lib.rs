//! Programs with the recorder on microcontrollers, one for each feature, for boards that QEMU emulates.
//!
//! README.md shows how to write a program for a chip of your own. It does not need this crate.
#![no_std]

#[cfg(target_os = "none")]
pub mod board;
#[cfg(target_os = "none")]
pub mod file;
