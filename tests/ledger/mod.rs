//! A simulation of the ledger: random operations from a seed on two instances, in virtual time, on
//! the embedded engine. DynamoDB loses, delays and refuses answers, or is down for a while.
//! Requests die at any await, clocks jump, providers fail, and days pass. In all cases the money
//! adds up, no customer pays without an answer, and no provider is asked twice for one missing
//! answer.
//!
//! `LEDGER_SEEDS` (20), `LEDGER_FIRST_SEED` (1) and `LEDGER_STEPS` (400) set the length of a run.
//! The operations are in `operations.rs`, the rules in `book.rs`.

mod book;
mod operations;
mod upstream;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::runtime::Builder;
use world::World;

fn setting(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn the_ledger_holds_under_any_sequence_of_faults() {
    let first = setting("LEDGER_FIRST_SEED", 1);
    let (end, steps) = (first + setting("LEDGER_SEEDS", 20), setting("LEDGER_STEPS", 400));
    let next = AtomicU64::new(first);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let seed = next.fetch_add(1, Ordering::SeqCst)
                    && seed < end
                {
                    simulate(seed, steps);
                }
            });
        }
    });
}

fn simulate(seed: u64, steps: u64) {
    // One thread, and another one for the engine, so that a seed always gives the same run.
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).max_blocking_threads(1).build();
    runtime.unwrap().block_on(async {
        let mut world = World::new(seed).await;
        for _ in 0..steps {
            world.step().await;
        }
        world.end().await;
        println!("{world}");
    });
}
