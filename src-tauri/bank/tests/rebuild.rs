//! However the events come to a read model, the rows are the same.

#![allow(clippy::expect_used, reason = "a test fails by panicking, also in what it shares with others")]

mod cases;
mod followed;
mod simulated;

use std::sync::{Arc, LazyLock};

use es_core::Domain;
use followed::{folded, live_in_batches, shaped, stored};
use proptest::prelude::*;

static DOMAIN: LazyLock<Domain> = LazyLock::new(|| bank::domain().expect("the domain is sound"));

proptest! {
    #![proptest_config(cases::cases())]

    /// A random bank, followed in batches of random sizes and folded in one go.
    #[test]
    fn rebuild_equals_live(
        seed in any::<u64>(),
        length in 100_u64..200,
        sizes in prop::collection::vec(1_usize..60, 0..40),
    ) {
        let events = Arc::new(shaped(&DOMAIN, &simulated::history(seed, length)));
        let rebuilt = folded(&DOMAIN, &events);
        es_testkit::run(async {
            let live = live_in_batches(&DOMAIN, &events, sizes.iter().copied()).await;
            for projection in &DOMAIN.projections {
                for table in projection.tables() {
                    let expected: Vec<_> = rebuilt[projection.name()].rows_of(table).cloned().collect();
                    let stored = stored(&live, table, projection.version()).await;
                    assert_eq!(stored, expected, "{} of seed {seed} in batches of {sizes:?}", table.name);
                }
            }
        });
    }

    /// What the read models say as of a position is what they said then, also when they have gone on since.
    #[test]
    fn read_models_as_of_a_position_are_what_they_were_then(
        seed in any::<u64>(),
        length in 100_u64..200,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut events = shaped(&DOMAIN, &simulated::history(seed, length));
        let whole = folded(&DOMAIN, &events);
        let rest = events.split_off(cut.index(events.len()));
        let mut then = folded(&DOMAIN, &events);
        let last = events.last().map_or(0, |event| event.record.position.get());
        for projection in &DOMAIN.projections {
            let rows = then.get_mut(projection.name()).expect("its rows");
            for table in projection.tables() {
                let Some(position) = table.column("position") else { continue };
                let newest = rows.rows_of(table).filter_map(|row| row[position].as_int()).max().unwrap_or(0);
                prop_assert!(newest <= i64::try_from(last).expect("a position"), "{} knows nothing later", table.name);
            }
            prop_assert_eq!(followed::apply(&**projection, &rest, rows), Ok(()), "{} goes on", projection.name());
            for table in projection.tables() {
                prop_assert!(rows.rows_of(table).eq(whole[projection.name()].rows_of(table)), "{} is whole", table.name);
            }
        }
    }
}
