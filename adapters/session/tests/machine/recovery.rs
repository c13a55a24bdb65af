//! "Eventually", as a bound: when nothing goes wrong any more, everybody soon has a token or knows why not.

use std::fmt::Write as _;

use crate::process::{Asks, End, Wish};
use crate::rules::Broken;
use crate::world::{Context, Fate, Move, World};

/// How many wake-ups it may take.
const WAKE_UPS: usize = 4;

/// Lets each process in turn ask for a token until it has one or is told that it must sign in, in good weather.
pub(crate) fn comes(world: &World, context: &mut Context<'_>) -> Result<(), Broken> {
    follow(world, context, &mut |_, _| {})
}

/// Writes down what happens then.
pub(crate) fn tell(world: &World, context: &mut Context<'_>, text: &mut String) {
    let verdict = follow(world, context, &mut |step, asks| {
        writeln!(text, "  {step:?}: {asks:?}").unwrap();
    });
    if let Err(broken) = verdict {
        writeln!(text, "  {broken}").unwrap();
    }
}

fn follow(
    world: &World,
    context: &mut Context<'_>,
    watch: &mut dyn FnMut(Move, &Asks),
) -> Result<(), Broken> {
    let mut world = world.clone();
    for p in 0..world.processes.len() {
        let mut wake_ups = 0;
        loop {
            let end = run(&mut world, p, Wish::Token, context, watch)?;
            wake_ups += 1;
            match end {
                End::TryAgain(after) if wake_ups < WAKE_UPS => world.now += after,
                End::Failed if wake_ups < WAKE_UPS => world.now += 1000,
                End::TryAgain(_)
                | End::Failed
                | End::StoreFailed
                | End::NotStored
                | End::StaleStore => {
                    return Err(Broken {
                        rule: "K9",
                        how: format!("in good weather process {p} ends with {end:?}"),
                    });
                }
                _ => break,
            }
        }
        run(&mut world, p, Wish::Flush, context, watch)?;
        if world.processes[p].sight.unsaved {
            return Err(Broken {
                rule: "K5",
                how: format!("in good weather process {p} does not store what it has"),
            });
        }
    }
    Ok(())
}

/// Runs one operation to its end, in good weather.
fn run(
    world: &mut World,
    p: usize,
    wish: Wish,
    context: &mut Context<'_>,
    watch: &mut dyn FnMut(Move, &Asks),
) -> Result<End, Broken> {
    let mut step = Move::Wish(p, wish);
    loop {
        let verdict = world.apply(&step, context);
        watch(step, &world.processes[p].asks);
        verdict?;
        if world.processes[p].is_idle() {
            return Ok(context.ended.expect("an operation has ended"));
        }
        step = match world.processes[p].asks {
            Asks::Send(..) if world.is_outward(p) => Move::Serve(p, Fate::Good),
            _ if world.is_ready(p) => Move::Do(p),
            _ => Move::Pass,
        };
    }
}
