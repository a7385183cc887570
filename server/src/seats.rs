//! How many streams one listener may hold at once: a token does not buy the whole service.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Streams that one device or operator may hold.
pub const PER_LISTENER: usize = 8;

/// Counts open streams by listener.
#[derive(Clone, Debug, Default)]
pub struct Seats(Arc<Mutex<HashMap<String, usize>>>);

/// One open stream; gives its place back when dropped.
#[derive(Debug)]
pub struct Seat {
    seats: Seats,
    listener: String,
}

impl Seats {
    /// A place for this listener, or `None` when all are taken.
    pub fn take(&self, listener: &str) -> Option<Seat> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(listener.to_owned()).or_default();
        if *count >= PER_LISTENER {
            return None;
        }
        *count += 1;
        Some(Seat { seats: self.clone(), listener: listener.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.listener) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.listener);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back() {
        let seats = Seats::default();
        let held: Vec<_> = (0..PER_LISTENER).map(|_| seats.take("d_1").unwrap()).collect();
        assert!(seats.take("d_1").is_none());
        assert!(seats.take("d_2").is_some());
        drop(held);
        assert!(seats.take("d_1").is_some());
        assert!(seats.0.lock().unwrap().is_empty(), "nothing is kept for who has left");
    }
}
