//! The names that snapshots of this process have got. A ticket may have the name of a file that was removed
//! since, so no later snapshot gets it.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Maximum number of names. A name states its second, so only those of one second can be used again. Far
/// fewer files are written in a second.
const NAMES_MAX: usize = 256;

/// The names that were given last.
#[derive(Debug, Default)]
pub(crate) struct UsedNames(Mutex<VecDeque<String>>);

impl UsedNames {
    pub(crate) fn add(&self, name: &str) {
        let mut names = self.lock();
        if names.len() >= NAMES_MAX {
            names.pop_front();
        }
        names.push_back(name.to_owned());
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.lock().iter().any(|used| used == name)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_names_are_forgotten() {
        let names = UsedNames::default();
        for number in 0..=NAMES_MAX {
            names.add(&number.to_string());
        }
        assert!(!names.contains("0"));
        assert!(names.contains("1") && names.contains(&NAMES_MAX.to_string()));
    }
}
