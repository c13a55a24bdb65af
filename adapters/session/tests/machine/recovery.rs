//! "Eventually", as a bound: without faults, each caller soon has an access token or knows why not.

use crate::process::{Call, End, Operation};
use crate::rules::{Verdict, Violation, check};
use crate::world::{Context, Delivery, Move, World};

/// How many wake-ups it can take.
const WAKE_UPS: usize = 4;

/// Lets each process in turn call for an access token until it has one or has to log in.
pub(crate) fn succeeds(world: &World, context: &mut Context<'_>) -> Verdict {
    let mut world = world.clone();
    for p in 0..world.processes.len() {
        let mut wake_ups = 0;
        loop {
            let end = run(&mut world, p, Operation::AccessToken, context)?;
            wake_ups += 1;
            match end {
                End::Unavailable(after) if wake_ups < WAKE_UPS => world.now += after,
                End::Failed if wake_ups < WAKE_UPS => world.now += 1000,
                End::Unavailable(_) | End::Failed | End::StoreFailed | End::StoreWarning => {
                    let how = format!("without faults, process {p} ends with {end:?}");
                    return Err(Violation { rule: "K9", how });
                }
                // An access token that is not due is returned without the store (K1). It is saved below.
                _ => break,
            }
        }
        run(&mut world, p, Operation::Flush, context)?;
        check("K5", !world.processes[p].visible.unsaved, || {
            format!("without faults, process {p} does not save its session")
        })?;
    }
    Ok(())
}

/// Runs one operation to its end, without faults.
fn run(
    world: &mut World,
    p: usize,
    operation: Operation,
    context: &mut Context<'_>,
) -> Result<End, Violation> {
    let mut step = Move::Begin(p, operation);
    loop {
        world.apply(step, context)?;
        if world.processes[p].is_idle() {
            return Ok(context.ended.expect("an operation has ended"));
        }
        step = match world.processes[p].call {
            Call::Send(..) if world.is_outward(p) => Move::Deliver(p, Delivery::Normal),
            _ if world.is_ready(p, context.scenario) => Move::Do(p),
            _ => Move::Pass,
        };
    }
}
