//! Turns: the order in which pages are released and claimed again.
//!
//! Each release of a page takes the next turn. A turn is a lap and a place in the queue:
//!
//! ```text
//! bits 0–30    lap × 2^b + place, where 2^b is the first power of two that is not below the number
//!              of pages, and the place is below the number of pages
//! bit 31       for other use
//! ```
//!
//! Behind the last place of a lap comes the first of the next lap. Laps wrap. A plain count would jump
//! when it wraps, unless the number of pages divides 2³¹, and its place would take a division.

/// The bits of a turn in a word.
pub(super) const TURN_MASK: u32 = (1 << 31) - 1;

/// The arithmetic of turns for a number of pages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turns {
    last_place: u32,
    /// The bits of a place.
    place_mask: u32,
}

impl Turns {
    pub(super) fn new(page_count: usize) -> Self {
        let page_count = page_count as u32;
        // `next_power_of_two` takes a function of its own on a core that cannot count zeros.
        let mut lap = 2;
        while lap < page_count && lap <= TURN_MASK / 2 {
            lap <<= 1;
        }
        Self {
            last_place: page_count.wrapping_sub(1),
            place_mask: lap - 1,
        }
    }

    /// Returns the distance between the same place in two laps.
    fn lap(self) -> u32 {
        self.place_mask + 1
    }

    /// Returns the place of a turn. It is not below the number of pages if the turn is damaged.
    pub(super) fn place(self, turn: u32) -> usize {
        (turn & self.place_mask) as usize
    }

    /// Returns the number that is in the place of the turn's lap.
    pub(super) fn with_place(self, turn: u32, place: usize) -> u32 {
        turn & !self.place_mask | place as u32
    }

    /// Returns the turn after this one.
    pub(super) fn after(self, turn: u32) -> u32 {
        let end = if turn & self.place_mask < self.last_place {
            turn
        } else {
            turn | self.place_mask
        };
        end.wrapping_add(1) & TURN_MASK
    }

    /// Returns the turn that is `count` turns after this one, or a lap after it if that is less.
    pub(super) fn later(self, turn: u32, count: usize) -> u32 {
        let count = count.min(self.last_place as usize + 1) as u32;
        let place = turn & self.place_mask;
        let sum = place + count;
        if sum <= self.last_place {
            turn + count
        } else {
            (turn - place).wrapping_add(self.place_mask + sum - self.last_place) & TURN_MASK
        }
    }

    /// Returns a number that is larger the later `turn` is after `first`.
    pub(super) fn distance(self, first: u32, turn: u32) -> u32 {
        turn.wrapping_sub(first) & TURN_MASK
    }

    /// Returns the turn at the same place in the lap before.
    pub(super) fn lap_before(self, turn: u32) -> u32 {
        turn.wrapping_sub(self.lap()) & TURN_MASK
    }

    /// Returns whether both are in the same lap.
    pub(super) fn is_same_lap(self, turn: u32, other: u32) -> bool {
        turn ^ other <= self.place_mask
    }

    /// Returns whether a [`distance`](Self::distance) is at most a lap.
    pub(super) fn is_a_lap(self, distance: u32) -> bool {
        distance <= self.lap()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_turns_go_round_also_if_laps_wrap() {
        for page_count in [2, 3, 4, 5, 7, 8, 460] {
            let turns = Turns::new(page_count);
            // The last lap before the wrap.
            let mut turn = turns.lap_before(0);
            for step in 0..3 * page_count {
                assert_eq!(turns.place(turn), step % page_count, "{page_count}");
                assert!(turns.is_a_lap(turns.distance(turn, turns.after(turn))));
                turn = turns.after(turn);
            }
        }
    }

    #[test]
    fn as_many_turns_as_pages_are_a_lap() {
        for page_count in [2, 3, 5, 8] {
            let turns = Turns::new(page_count);
            let start = turns.with_place(TURN_MASK, page_count - 1);
            let mut turn = start;
            for count in 0..page_count {
                assert_eq!(turns.later(start, count), turn);
                assert!(turns.is_a_lap(turns.distance(start, turn)));
                turn = turns.after(turn);
            }
            assert_eq!(turns.lap_before(turn), start);
            assert_eq!(turns.later(start, page_count), turn);
            assert_eq!(turns.later(start, usize::MAX), turn);
            assert!(turns.is_a_lap(turns.distance(start, turn)));
            assert!(!turns.is_a_lap(turns.distance(start, turns.after(turn))));
            assert!(!turns.is_a_lap(turns.distance(turn, start)));
        }
    }

    #[test]
    fn laps_are_told_apart_for_the_largest_number_of_pages() {
        let turns = Turns::new(crate::Geometry::PAGES_MAX);
        let next = turns.lap_before(turns.lap_before(0));
        assert!(!turns.is_same_lap(0, turns.lap_before(0)));
        assert!(!turns.is_same_lap(0, next));
        assert!(!turns.is_a_lap(turns.distance(0, next)));
    }
}
