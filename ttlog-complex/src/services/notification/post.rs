//! The post: three channels to a person, and which of them a message takes.
//!
//! ```text
//! message ─► the channel that suits it ─┬─► sent
//!               fails, or has no room   └─► the next one ─► the last one ─► tried again later
//! ```

use core::{
    fmt,
    hash::{Hash, Hasher},
    time::Duration,
};
use std::{collections::VecDeque, hash::DefaultHasher};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

/// How many messages wait to be tried again; the oldest is given up for a new one.
const WAITING_MAX: usize = 200;
/// How often a message is tried on all channels.
const ROUNDS: u32 = 3;
/// A channel takes so many messages in each of these.
const ROUND_TIME: Duration = Duration::from_secs(1);

/// A way to reach somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Long, cheap, seldom fails.
    Email,
    /// Short and dear: few of them go out each second.
    Sms,
    /// To the customer's telephone, when that is on.
    Push,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Email, Self::Sms, Self::Push];

    /// This one first, then the others.
    fn and_others(self) -> impl Iterator<Item = Self> {
        let others = Self::ALL.into_iter().filter(move |&it| it != self);
        [self].into_iter().chain(others)
    }

    /// How many messages it takes each second.
    const fn room(self) -> u32 {
        match self {
            Self::Email => 200,
            Self::Sms => 15,
            Self::Push => 60,
        }
    }

    /// How many of a thousand messages it fails to bring.
    const fn fails_in_1000(self) -> u32 {
        match self {
            Self::Email => 10,
            Self::Sms => 30,
            Self::Push => 80,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
        })
    }
}

/// Why a channel did not take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Whoever runs it could not bring it.
    Failed,
    /// It has taken all that it takes in this second.
    Full,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The channel that took it; none where all failed.
    pub by: Option<Channel>,
    /// Those that did not.
    pub troubles: Vec<(Channel, Trouble)>,
}

/// A message to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// What it says.
    pub text: String,
    /// The channel that suits it.
    pub channel: Channel,
}

/// What the post did, by channel in the order of [`Channel::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostReading {
    /// Messages that it took.
    pub sent: [u64; 3],
    /// Messages that it failed to bring.
    pub failed: [u64; 3],
    /// Messages that it had no room for.
    pub full: [u64; 3],
    /// Messages that went by another channel than the one that suited.
    pub fell_back: u64,
    /// Messages that no channel took, however often.
    pub given_up: u64,
    /// Messages that wait to be tried again.
    pub waiting: u64,
}

/// The channels, and the messages that none of them took yet.
#[derive(Debug)]
pub struct Post {
    seed: u64,
    round: u64,
    loaded: [u32; 3],
    waiting: VecDeque<(Letter, u32)>,
    reading: PostReading,
}

impl Post {
    /// Channels whose failures are decided by `seed` and the message alone, so that they are the
    /// same in each run.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            round: 0,
            loaded: [0; 3],
            waiting: VecDeque::new(),
            reading: PostReading::default(),
        }
    }

    /// Sends a message by the channel that suits it, or else by another one.
    pub fn send(&mut self, letter: &Letter, now: Duration) -> Delivery {
        self.try_all(letter, 1, now)
    }

    /// Tries again what has waited longest; nothing where nothing waits.
    pub fn send_again(&mut self, now: Duration) -> Option<(Letter, Delivery)> {
        let (letter, round) = self.waiting.pop_front()?;
        let delivery = self.try_all(&letter, round, now);
        Some((letter, delivery))
    }

    /// The counts up to now.
    #[must_use]
    pub fn read(&self) -> PostReading {
        PostReading {
            waiting: self.waiting.len() as u64,
            ..self.reading
        }
    }

    fn try_all(&mut self, letter: &Letter, round: u32, now: Duration) -> Delivery {
        let mut troubles = Vec::new();
        for channel in letter.channel.and_others() {
            match self.offer(letter, channel, round, now) {
                Ok(()) => {
                    self.reading.sent[channel as usize] += 1;
                    self.reading.fell_back += u64::from(channel != letter.channel);
                    let by = Some(channel);
                    return Delivery { by, troubles };
                }
                Err(trouble) => {
                    let counts = match trouble {
                        Trouble::Failed => &mut self.reading.failed,
                        Trouble::Full => &mut self.reading.full,
                    };
                    counts[channel as usize] += 1;
                    troubles.push((channel, trouble));
                }
            }
        }
        self.keep(letter.clone(), round + 1);
        Delivery { by: None, troubles }
    }

    fn offer(
        &mut self,
        letter: &Letter,
        channel: Channel,
        round: u32,
        now: Duration,
    ) -> Result<(), Trouble> {
        let second = now.as_secs() / ROUND_TIME.as_secs();
        if second > self.round {
            self.round = second;
            self.loaded = [0; 3];
        }
        let loaded = &mut self.loaded[channel as usize];
        if *loaded == channel.room() {
            return Err(Trouble::Full);
        }
        *loaded += 1;
        let mut key = DefaultHasher::new();
        (self.seed, letter, channel, round).hash(&mut key);
        let mut chance = Xoshiro256PlusPlus::seed_from_u64(key.finish());
        if chance.random_ratio(channel.fails_in_1000(), 1_000) {
            return Err(Trouble::Failed);
        }
        Ok(())
    }

    fn keep(&mut self, letter: Letter, round: u32) {
        if round > ROUNDS {
            self.reading.given_up += 1;
            return;
        }
        if self.waiting.len() == WAITING_MAX {
            self.waiting.pop_front();
            self.reading.given_up += 1;
        }
        self.waiting.push_back((letter, round));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(3);

    fn letter(number: u32, channel: Channel) -> Letter {
        Letter {
            to: "a@shop".into(),
            text: format!("letter {number}"),
            channel,
        }
    }

    #[test]
    fn a_message_takes_the_channel_that_suits_it_and_another_one_when_that_fails() {
        let mut post = Post::seeded(1);
        let mut fell_back = 0;
        for number in 0..1_000 {
            let now = Duration::from_secs(number.into());
            let delivery = post.send(&letter(number, Channel::Push), now);
            if delivery.by == Some(Channel::Push) {
                assert_eq!(delivery.troubles, []);
            } else {
                assert_eq!(delivery.troubles[0], (Channel::Push, Trouble::Failed));
                fell_back += u64::from(delivery.by.is_some());
            }
        }
        assert!((50..110).contains(&fell_back), "{fell_back}");
        assert_eq!(post.read().fell_back, fell_back);
    }

    #[test]
    fn a_full_channel_leaves_the_rest_to_the_others_until_the_next_second() {
        let mut post = Post::seeded(1);
        let all: u32 = Channel::ALL.iter().map(|channel| channel.room()).sum();
        let mut none = 0;
        for number in 0..all + 20 {
            let delivery = post.send(&letter(number, Channel::Sms), NOW);
            none += u32::from(delivery.by.is_none());
        }
        assert!(none >= 20, "{none}");
        assert_eq!(post.read().waiting, u64::from(none));
        assert!(post.read().full.iter().all(|&full| full > 0));
        let later = NOW + ROUND_TIME;
        let delivery = post.send(&letter(0, Channel::Sms), later);
        assert_eq!(delivery.by, Some(Channel::Sms));
    }

    #[test]
    fn what_no_channel_took_is_tried_again_and_given_up_in_the_end() {
        let mut post = Post::seeded(1);
        post.round = NOW.as_secs();
        post.loaded = Channel::ALL.map(Channel::room);
        let letter = letter(1, Channel::Email);
        assert_eq!(post.send(&letter, NOW).by, None);
        let (again, delivery) = post.send_again(NOW).unwrap();
        assert_eq!((&again, delivery.by), (&letter, None));
        let (_, delivery) = post.send_again(NOW + ROUND_TIME).unwrap();
        assert_eq!(delivery.by, Some(Channel::Email));
        assert_eq!(post.send_again(NOW), None);

        post.loaded = Channel::ALL.map(Channel::room);
        let _ = post.send(&letter, NOW + ROUND_TIME);
        while post.send_again(NOW + ROUND_TIME).is_some() {}
        assert_eq!(post.read().given_up, 1);
    }

    #[test]
    fn what_fails_is_the_same_for_the_same_seed() {
        let failures = |seed| {
            let mut post = Post::seeded(seed);
            (0..300)
                .map(|number| {
                    let now = Duration::from_secs(number.into());
                    post.send(&letter(number, Channel::Push), now).by
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(failures(4), failures(4));
        assert_ne!(failures(4), failures(5));
    }
}
