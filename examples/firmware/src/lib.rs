//! The recorder on microcontrollers: a binary for each idea, on boards that QEMU has.
//!
//! A program of your own needs none of this crate but what it shows: README.md has it in short.
#![no_std]

#[cfg(target_os = "none")]
pub mod board;
#[cfg(target_os = "none")]
pub mod file;
