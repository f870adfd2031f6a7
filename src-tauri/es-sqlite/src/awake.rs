//! Staying awake for the next request.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// How long a thread that has just worked looks for more before it sleeps. To wake a sleeping thread costs tens of
/// microseconds, and a caller that goes on with the answer is often back within that time.
const AWAKE: Duration = Duration::from_micros(50);
/// Short rests between two looks.
const RESTS: usize = 16;

/// With a single core, whoever is waited for could not run meanwhile.
static OTHERS_CAN_RUN: LazyLock<bool> =
    LazyLock::new(|| std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1));

/// Looks again and again for a short while. The core is not given away in between: on a busy machine it would be gone for
/// milliseconds.
pub(crate) fn look_for_a_while<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let mut found = look();
    let started = Instant::now();
    while found.is_none() && *OTHERS_CAN_RUN && started.elapsed() < AWAKE {
        (0..RESTS).for_each(|_| std::hint::spin_loop());
        found = look();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_at_once_and_what_is_not_is_not_waited_for() {
        assert_eq!(look_for_a_while(|| Some(1)), Some(1));
        let mut looks = 0_u64;
        let nothing = look_for_a_while(|| {
            looks += 1;
            None::<()>
        });
        assert_eq!(nothing, None, "it ends without anything");
        assert!(looks > 0, "it has looked");
        assert!(looks == 1 || *OTHERS_CAN_RUN, "with a single core it looks once, not {looks} times");
    }
}
