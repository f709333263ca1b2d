//! The burden: memory and computing that chaos really takes from the process.

use core::{
    hint,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};
use std::{
    num::NonZero,
    sync::Arc,
    thread::{self, Builder, JoinHandle},
};

use ttlog_std::warn;

use super::{
    fault::Fault,
    schedule::{CPU_THREADS_MAX, MEMORY_MAX_MIB},
};

/// What is taken until this is dropped.
#[derive(Debug, Default)]
pub struct Burden {
    memory: Vec<u8>,
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Burden {
    /// Takes what the fault says, within bounds: at most [`MEMORY_MAX_MIB`], and a thread for each
    /// core. Of other faults it is nothing.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        let mut burden = Self::default();
        match *fault {
            // Written to, because the system gives memory only when it is used.
            Fault::Memory { mib } => burden.memory = vec![0xA5; mib.min(MEMORY_MAX_MIB) << 20],
            Fault::Cpu { threads } => {
                let cores = thread::available_parallelism().map_or(1, NonZero::get);
                for number in 1..=threads.min(cores).min(CPU_THREADS_MAX) {
                    burden.compute(number);
                }
            }
            _ => {}
        }
        burden
    }

    /// How many bytes are taken, and how many threads compute.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.memory.len(), self.threads.len())
    }

    fn compute(&mut self, number: usize) {
        let ended = Arc::clone(&self.ended);
        let spin = move || {
            let mut sum = 1_u64;
            while !ended.load(Relaxed) {
                for round in 0..10_000 {
                    sum = hint::black_box(sum.wrapping_mul(6_364_136_223_846_793_005) ^ round);
                }
            }
        };
        match Builder::new()
            .name(format!("chaos-cpu-{number}"))
            .spawn(spin)
        {
            Ok(thread) => self.threads.push(thread),
            Err(error) => warn!("chaos.cpu no thread error={error}"),
        }
    }
}

impl Drop for Burden {
    fn drop(&mut self) {
        self.ended.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            // It only computes; there is nothing in it that could fail.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_computing_are_taken_within_bounds() {
        let size = |fault| Burden::of(&fault).size();
        assert_eq!(size(Fault::Memory { mib: 2 }), (2 << 20, 0));
        assert_eq!(
            size(Fault::Memory { mib: 4_000_000 }),
            (MEMORY_MAX_MIB << 20, 0)
        );
        let (_, threads) = size(Fault::Cpu { threads: 1_000 });
        assert!((1..=CPU_THREADS_MAX).contains(&threads));
        let by = core::time::Duration::ZERO;
        assert_eq!(size(Fault::SlowGateway { by }), (0, 0));
    }
}
