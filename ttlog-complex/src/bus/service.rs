//! The service: what a room of the shop has to offer to the bus.

use super::{Deadline, Outcome};

/// Something that answers requests. Its instances share it, so what it changes is behind locks.
pub trait Service: Send + Sync + 'static {
    /// Its name, in lower case; its threads are called `<name>-1`, `<name>-2` and so on.
    const NAME: &'static str;

    /// What it can be asked.
    type Request: Send + 'static;

    /// Answers one request through the reply slot in it.
    ///
    /// Calls that it makes on the way take `deadline` along.
    fn handle(&self, request: Self::Request, deadline: Deadline) -> Outcome;
}
