//! Resilience: what keeps the trouble of one from becoming the trouble of all.

pub mod pool;
