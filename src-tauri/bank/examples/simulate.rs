//! Counts what the simulator makes: `cargo run -p bank --example simulate -- SEED EVENTS`.

use std::collections::BTreeMap;
use std::time::Instant;

use bank::simulator::{Simulator, SimulatorConfig};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let seed = arguments.next().map_or(Ok(7), |text| text.parse())?;
    let events = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    let began = Instant::now();
    let (mut counts, mut written, mut span) = (BTreeMap::new(), 0_u64, None);
    for append in Simulator::new(SimulatorConfig { seed, events })? {
        let first = span.map_or(append.recorded_at, |(first, _)| first);
        span = Some((first, append.recorded_at));
        for event in append.request.parts.iter().flat_map(|part| &part.events) {
            *counts.entry((event.event_type.to_string(), event.schema_version)).or_insert(0_u64) += 1;
            written += 1;
        }
    }
    for ((event_type, version), count) in counts {
        println!("{count:>9}  {event_type} v{version}");
    }
    println!("{written} events from {span:?} in {:?}", began.elapsed());
    Ok(())
}
