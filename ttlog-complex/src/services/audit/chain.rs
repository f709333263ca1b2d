//! The chain: entries that each hold the hash of the one before, so that none can be changed,
//! taken out or moved without all that follow saying so.
//!
//! ```text
//! hash 0 (zeros) ─► entry 1: number, at, deed, hash 1 ─► entry 2: …, hash 2 ─► … ─► head
//!                   hash n = SHA-256(hash n−1, number, at, deed)
//! ```
//!
//! What was cut off at the end, or written anew as a whole, only the head can tell: it is kept
//! elsewhere.

use core::{error::Error, fmt, time::Duration};

use sha2::{Digest, Sha256};

/// The hash of an entry, which stands for it and all before it.
pub type Hash = [u8; 32];

/// One deed on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub number: u64,
    /// When it was written, by the shop's clock.
    pub at: Duration,
    /// The deed.
    pub deed: String,
    /// The hash of the entry before.
    pub previous: Hash,
    /// Its own.
    pub hash: Hash,
}

/// The end of a chain: all that is needed to go on, and to know whether the rest is whole.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of the last entry; zero while there is none.
    pub number: u64,
    /// Its hash; zeros while there is none.
    pub hash: Hash,
}

impl Head {
    /// Puts a deed at the end of the chain.
    pub fn link(&mut self, deed: String, at: Duration) -> Entry {
        let (number, previous) = (self.number + 1, self.hash);
        let hash = hash(&previous, number, at, &deed);
        *self = Self { number, hash };
        Entry {
            number,
            at,
            deed,
            previous,
            hash,
        }
    }

    /// Goes one entry on.
    ///
    /// # Errors
    ///
    /// [`Broken`], when the entry does not follow, or does not say what it said.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), Broken> {
        let number = self.number + 1;
        if entry.number != number {
            return Err(Broken::Missing { number });
        }
        if entry.previous != self.hash {
            return Err(Broken::Unlinked { number });
        }
        if entry.hash != hash(&self.hash, number, entry.at, &entry.deed) {
            return Err(Broken::Altered { number });
        }
        *self = Self {
            number,
            hash: entry.hash,
        };
        Ok(())
    }

    /// Compares the end of a chain that was followed with the head as it was kept.
    ///
    /// # Errors
    ///
    /// [`Broken`], when the chain ends too soon or goes on too long, or is another one.
    pub fn meets(self, kept: Self) -> Result<(), Broken> {
        if self.number < kept.number {
            return Err(Broken::Missing {
                number: self.number + 1,
            });
        }
        if self.number > kept.number {
            return Err(Broken::Unknown {
                number: kept.number + 1,
            });
        }
        if self.hash != kept.hash {
            return Err(Broken::Replaced);
        }
        Ok(())
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// The number, and as much of the hash as people compare.
impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.hash;
        write!(out, "{} {a:02x}{b:02x}{c:02x}{d:02x}", self.number)
    }
}

/// How a chain is found not to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Broken {
    /// An entry is not where it should be.
    Missing {
        /// Its number.
        number: u64,
    },
    /// An entry does not hold the hash of the one before.
    Unlinked {
        /// Its number.
        number: u64,
    },
    /// An entry does not say what it said when its hash was made.
    Altered {
        /// Its number.
        number: u64,
    },
    /// There is an entry that nobody wrote.
    Unknown {
        /// Its number.
        number: u64,
    },
    /// Everything fits together, but it is not the chain that was written.
    Replaced,
}

impl fmt::Display for Broken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { number } => write!(out, "entry {number} is missing"),
            Self::Unlinked { number } => {
                write!(out, "entry {number} does not follow the one before")
            }
            Self::Altered { number } => write!(out, "entry {number} was altered"),
            Self::Unknown { number } => write!(out, "entry {number} was never written"),
            Self::Replaced => out.write_str("it is another chain"),
        }
    }
}

impl Error for Broken {}

/// Every part has a fixed length but the last, so no two entries hash the same bytes.
fn hash(previous: &Hash, number: u64, at: Duration, deed: &str) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(number.to_le_bytes());
    hasher.update((at.as_nanos() as u64).to_le_bytes());
    hasher.update(deed);
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of four, and its head.
    fn chain() -> (Vec<Entry>, Head) {
        let mut head = Head::default();
        let deeds = ["opened", "charged", "refunded", "closed"];
        let entries = deeds
            .iter()
            .zip(1..)
            .map(|(deed, second)| head.link((*deed).into(), Duration::from_secs(second)));
        (entries.collect(), head)
    }

    fn verify(entries: &[Entry], kept: Head) -> Result<(), Broken> {
        let mut head = Head::default();
        entries.iter().try_for_each(|entry| head.follow(entry))?;
        head.meets(kept)
    }

    #[test]
    fn a_chain_is_whole_as_it_was_written() {
        let (entries, head) = chain();
        assert_eq!(verify(&entries, head), Ok(()));
        assert_eq!(head.number, 4);
        assert_eq!(verify(&[], Head::default()), Ok(()));
    }

    #[test]
    fn whatever_is_changed_in_any_entry_is_found_there() {
        let changes: [fn(&mut Entry); 5] = [
            |entry| entry.deed.push('!'),
            |entry| entry.at += Duration::from_nanos(1),
            |entry| entry.number += 1,
            |entry| entry.previous[31] ^= 1,
            |entry| entry.hash[0] ^= 1,
        ];
        let (entries, head) = chain();
        for at in 0..entries.len() {
            let number = at as u64 + 1;
            let found = changes.map(|change| {
                let mut entries = entries.clone();
                change(&mut entries[at]);
                verify(&entries, head).unwrap_err()
            });
            let expected = [
                Broken::Altered { number },
                Broken::Altered { number },
                Broken::Missing { number },
                Broken::Unlinked { number },
                Broken::Altered { number },
            ];
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_entry_that_was_taken_out_is_missed_wherever_it_was() {
        let (entries, head) = chain();
        for at in 0..entries.len() {
            let mut entries = entries.clone();
            entries.remove(at);
            let number = at as u64 + 1;
            assert_eq!(verify(&entries, head), Err(Broken::Missing { number }));
        }
    }

    #[test]
    fn entries_that_changed_places_are_found_even_with_new_numbers() {
        let (mut entries, head) = chain();
        entries.swap(1, 2);
        assert_eq!(verify(&entries, head), Err(Broken::Missing { number: 2 }));
        (entries[1].number, entries[2].number) = (2, 3);
        assert_eq!(verify(&entries, head), Err(Broken::Unlinked { number: 2 }));
    }

    #[test]
    fn only_the_head_knows_a_chain_that_was_made_anew_or_goes_on() {
        let (_, head) = chain();
        let mut other = Head::default();
        let forged: Vec<Entry> = ["opened", "nothing", "nothing", "closed"]
            .map(|deed| other.link(deed.into(), Duration::ZERO))
            .into();
        assert_eq!(verify(&forged, head), Err(Broken::Replaced));

        let (mut entries, head) = chain();
        let mut end = head;
        entries.push(end.link("more".into(), Duration::ZERO));
        assert_eq!(verify(&entries, head), Err(Broken::Unknown { number: 5 }));
    }
}
