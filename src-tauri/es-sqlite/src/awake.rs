//! Staying awake for the next request.

use std::time::{Duration, Instant};

/// How long a thread that has just worked looks for more before it sleeps. To wake a sleeping thread costs tens of
/// microseconds, and a caller that goes on with the answer is often back within that time.
const AWAKE: Duration = Duration::from_micros(50);

/// Looks again and again for a short while, leaving the core to whoever else has work.
pub(crate) fn look_for_a_while<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        let found = look();
        if found.is_some() || started.elapsed() >= AWAKE {
            return found;
        }
        std::thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_time_is_found_and_what_does_not_is_not_waited_for() {
        let mut looks = 0;
        let found = look_for_a_while(|| {
            looks += 1;
            (looks == 2).then_some(looks)
        });
        assert!(found.is_some() || looks == 1, "the second look finds it, if there is time for one");
        assert_eq!(look_for_a_while(|| None::<()>), None);
    }
}
