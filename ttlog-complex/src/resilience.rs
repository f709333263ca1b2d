//! Resilience: how to go on when others do not.
//!
//! ```text
//! a call ─► breaker (is it worth asking?) ─► balancer (whom?) ─► health (who is fit to be asked?)
//!              ▲                                                     │
//!              └── failed ── retry (again, if there is budget) ◄─────┘
//! ```
//!
//! Each is a mechanism alone: it knows no service, starts no thread, and gets the time and its
//! randomness from whoever uses it.

pub mod balancer;
pub mod breaker;
pub mod fuse;
pub mod health;
pub mod limiter;
pub mod pool;
pub mod retry;
